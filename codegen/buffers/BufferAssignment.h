//===----------------------------------------------------------------------===//
// Chooses the bytes of every value of one program.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_BUFFERASSIGNMENT_H
#define FLM_CODEGEN_BUFFERS_BUFFERASSIGNMENT_H

#include "codegen/buffers/InPlace.h"
#include "codegen/buffers/Liveness.h"
#include "codegen/buffers/Storage.h"
#include "dialects/flm/Flm.h"

#include "llvm/ADT/StringMap.h"

namespace flm {

/// Where parameters and optimizer state lie in the state arena, by name.
using StateOffsets = llvm::StringMap<int64_t>;

/// Chooses for one program: `run` decides, `write` puts `flm.buffers` on the
/// ops.
class BufferAssignment {
public:
  BufferAssignment(ProgramOp program, const StateOffsets &state)
      : program(program), context(program.getContext()), state(state),
        live(program) {}

  mlir::LogicalResult run();
  void write();

  int64_t scratchBytes() const { return scratch; }
  /// The pieces of scratch, placed; for reports.
  llvm::ArrayRef<Storage> pieces() const { return storages; }

private:
  /// The bytes of a value: a place in a piece of scratch (storage >= 0) or in
  /// one of the caller's arenas.
  struct Place {
    int storage = -1;
    Arena arena = Arena::Scratch;
    int64_t index = 0;
    int64_t offset = 0;
    llvm::SmallVector<int64_t> strides;
  };

  void assignBlock(mlir::Block &block, unsigned depth);
  void assignOp(mlir::Operation *op, unsigned depth);
  void assignLoop(LoopOp loop, unsigned depth);
  void assignCarries(LoopOp loop);
  void assignStacks(LoopOp loop, unsigned depth);
  void wantSlots(LoopOp loop, unsigned depth);
  void wantCarry(mlir::Value carry, mlir::Value next);
  // AssignPipelineOp.cpp
  void assignPipeline(PipelineOp pipeline, unsigned depth);
  void assignPipelineCarries(PipelineOp pipeline, unsigned depth);
  Place carryPlace(mlir::Operation *op, mlir::Value init, mlir::Value final);
  void wantState();

  bool mayOverwrite(mlir::Value value, mlir::Operation *op) const;
  bool readsOnce(mlir::Operation *op, mlir::Value value) const;
  bool tryWanted(mlir::OpResult result);
  bool tryInPlace(mlir::OpResult result, InPlacePair pair);
  std::optional<Place> stackInPlace(LoopOp loop, unsigned stack) const;
  Place newStorage(mlir::Value value, int64_t bytes, int64_t from, int64_t to);
  Place slotOf(const Place &stack, unsigned depth, int64_t sliceBytes) const;
  BufferAttr attributeFor(const Place &place, int64_t bytes) const;

  ProgramOp program;
  mlir::MLIRContext *context;
  const StateOffsets &state;
  Liveness live;

  llvm::SmallVector<Storage> storages;
  llvm::DenseMap<mlir::Value, Place> places;
  llvm::DenseMap<mlir::Operation *, Place> temporaries;
  /// The slots of what pipelines save.
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<Place>> saved;
  /// Where a value has to end up, if it can be made there.
  llvm::DenseMap<mlir::Value, Place> wanted;
  int64_t scratch = 0;
};

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_BUFFERASSIGNMENT_H
