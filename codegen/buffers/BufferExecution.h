//===----------------------------------------------------------------------===//
// Running a program on its buffers, remembering what lies where.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_BUFFEREXECUTION_H
#define FLM_CODEGEN_BUFFERS_BUFFEREXECUTION_H

#include "codegen/buffers/ArenaContents.h"
#include "codegen/buffers/BufferMap.h"
#include "codegen/buffers/KernelBuffers.h"
#include "dialects/flm/Pipeline.h"

#include "llvm/ADT/DenseSet.h"

#include <map>

namespace flm {

/// Runs one program on its buffers, as one stage of a pipeline does, and checks
/// at each read that the bytes hold what is read.
class BufferExecution {
public:
  BufferExecution(ProgramOp program, StagePosition position)
      : program(program), position(position) {}

  mlir::LogicalResult run();

private:
  mlir::LogicalResult runBlock(mlir::Block &block);
  mlir::LogicalResult runOp(mlir::Operation *op);
  mlir::LogicalResult runLoop(LoopOp loop);
  mlir::LogicalResult runIteration(LoopOp loop,
                                   llvm::SmallVectorImpl<int> &slotWritings);
  mlir::LogicalResult runReturn(ReturnOp op);
  mlir::LogicalResult enterCarry(mlir::Operation *op, mlir::Value init,
                                 BufferAttr buffer, mlir::Value held);
  mlir::LogicalResult runPipeline(PipelineOp pipeline);
  mlir::LogicalResult runForward(PipelineOp pipeline,
                                 llvm::SmallVectorImpl<int> &kept);
  mlir::LogicalResult runBackward(PipelineOp pipeline, llvm::ArrayRef<int> kept,
                                  llvm::SmallVectorImpl<int> &carried);

  int64_t address(BufferAttr buffer) const {
    int64_t at = buffer.getOffset();
    for (auto [stride, slot] : llvm::zip(buffer.getStrides(), slots))
      at += stride * slot;
    return at;
  }

  /// Whether `value` can be copied to `to`, if it is not there already.
  mlir::LogicalResult checkCopyOf(mlir::Value value, BufferAttr to,
                                  mlir::Operation *op) {
    return checkCopy(op, bufferOf(value), to,
                     [&](BufferAttr buffer) { return address(buffer); });
  }

  ArenaContents &arena(BufferAttr buffer) {
    return arenas[{static_cast<int>(buffer.getArena()), buffer.getIndex()}];
  }

  int newWriting(mlir::Value value) {
    writers.push_back(value);
    return static_cast<int>(writers.size()) - 1;
  }

  /// `value` is written into `buffer`.
  void fill(mlir::Value value, BufferAttr buffer) {
    int writing = newWriting(value);
    arena(buffer).write(address(buffer), buffer.getBytes(), writing);
    held[value] = writing;
  }

  /// Whether the bytes of `value` hold it, if it has a value on this stage.
  mlir::LogicalResult check(mlir::Operation *op, mlir::Value value,
                            const llvm::Twine &what);

  // Values that this stage does not compute, and what depends on them, are
  // nowhere: whoever reads them does not care what it reads.
  bool isNowhere(mlir::Value value) const { return nowhere.contains(value); }
  void setNowhere(mlir::Value value, bool is) {
    if (is)
      nowhere.insert(value);
    else
      nowhere.erase(value);
  }
  void skipOp(mlir::Operation *op);
  void enterSlices(mlir::ValueRange stacks, mlir::ValueRange slices);

  ProgramOp program;
  StagePosition position;
  std::map<std::pair<int, int64_t>, ArenaContents> arenas;
  llvm::DenseSet<mlir::Value> nowhere;
  llvm::SmallVector<mlir::Value> writers; ///< by writing
  llvm::DenseMap<mlir::Value, int> held;  ///< the writing that a value is now
  llvm::SmallVector<int64_t> slots;       ///< of the loops around
};

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_BUFFEREXECUTION_H
