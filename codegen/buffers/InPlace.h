//===----------------------------------------------------------------------===//
// Which results may, or must, be made in the bytes of an operand; and which
// kernels need temporaries.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_INPLACE_H
#define FLM_CODEGEN_BUFFERS_INPLACE_H

#include "dialects/flm/Flm.h"

namespace flm {

/// A result that may share the bytes of an operand which dies there.
struct InPlacePair {
  unsigned result;
  unsigned operand;
  /// The kernel updates the operand's bytes: where it may not, the operand has
  /// to be copied first.
  bool required = false;
};

/// The pairs of `op`, most wanted first.
llvm::SmallVector<InPlacePair> inPlacePairs(mlir::Operation *op);

/// f32 elements that the CPU kernels of `op` need between their phases: partial
/// sums over a fixed grid.
int64_t temporaryBytes(mlir::Operation *op);

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_INPLACE_H
