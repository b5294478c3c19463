//===----------------------------------------------------------------------===//
// When values of a program are alive, on one line of positions.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_LIVENESS_H
#define FLM_CODEGEN_BUFFERS_LIVENESS_H

#include "dialects/flm/Flm.h"

#include "llvm/ADT/DenseMap.h"

namespace flm {

/// Every op has a position in walk order; a loop also has one for its end. A
/// value that is read inside a loop it is not made in is alive to the loop's
/// end, as the next iteration reads it again. A pipeline is a loop whose body
/// is a forward pass and a backward pass behind it. A body argument that is
/// stacked is copied when its iteration begins, so that this does not keep it
/// alive.
class Liveness {
public:
  explicit Liveness(ProgramOp program);

  int64_t begin(mlir::Operation *op) const { return begins.lookup(op); }
  int64_t end(mlir::Operation *op) const { return ends.lookup(op); }

  /// The last position that reads `value` (its own where nobody does).
  int64_t lastUse(mlir::Value value) const { return lastUses.lookup(value); }

  /// Whether nobody reads `value` after `op`, an op in the block that makes it.
  bool diesAt(mlir::Value value, mlir::Operation *op) const {
    return lastUse(value) <= end(op);
  }

private:
  void number(mlir::Block &block);

  int64_t next = 0;
  llvm::DenseMap<mlir::Operation *, int64_t> begins, ends;
  llvm::DenseMap<mlir::Value, int64_t> lastUses;
};

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_LIVENESS_H
