//===----------------------------------------------------------------------===//
// Whether the buffers of one op fit its kernel, for VerifyBuffers.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_KERNELBUFFERS_H
#define FLM_CODEGEN_BUFFERS_KERNELBUFFERS_H

#include "dialects/flm/Flm.h"

namespace flm {

/// Gives the first byte of a buffer within its arena, in the iteration at hand.
using AddressOf = llvm::function_ref<int64_t(BufferAttr)>;

/// An error unless every result of `op` and its temporaries have a buffer that
/// is large enough, and nothing is written to an operand's bytes while the
/// kernel reads it: a result may lie exactly on an operand where InPlace.h
/// allows it, and apart from it otherwise.
mlir::LogicalResult checkKernelBuffers(mlir::Operation *op, AddressOf address);

/// An error if `from` and `to` share some bytes but are not the same: a copy
/// would read what it has written.
mlir::LogicalResult checkCopy(mlir::Operation *op, BufferAttr from,
                              BufferAttr to, AddressOf address);

/// An error unless `value`, made by `op`, has a buffer that is large enough.
mlir::LogicalResult checkSize(mlir::Operation *op, mlir::OpResult value);

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_KERNELBUFFERS_H
