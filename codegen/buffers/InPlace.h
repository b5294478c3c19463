//===----------------------------------------------------------------------===//
// Which results may, or must, be made in the bytes of an operand.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_INPLACE_H
#define FLM_CODEGEN_BUFFERS_INPLACE_H

#include "codegen/target/Target.h"

namespace flm {

/// The pairs of `op`: those that its meaning requires or the runtime allows,
/// which are the same for all targets, then those that its kernels on `target`
/// can do, most wanted first.
llvm::SmallVector<InPlacePair> inPlacePairs(mlir::Operation *op,
                                            const Target &target);

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_INPLACE_H
