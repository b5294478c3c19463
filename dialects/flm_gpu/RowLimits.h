//===----------------------------------------------------------------------===//
// What the verifiers of kernels on rows have in common.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_ROWLIMITS_H
#define FLM_DIALECTS_FLM_GPU_ROWLIMITS_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Types.h"

namespace flm::gpu {

using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

/// The type `name` of elements must be bf16 or f32.
llvm::LogicalResult verifyReal(EmitError emitError, llvm::StringRef name,
                               mlir::Type type);

/// Teams of `team` warps must divide the `warps` of a block.
llvm::LogicalResult verifyTeams(EmitError emitError, int64_t warps,
                                int64_t team);

/// Rows of `columns` elements of `type` (0: not known) must be whole vectors of
/// 16 bytes, of which a thread's registers hold `mostVectors`.
llvm::LogicalResult verifyColumns(EmitError emitError, mlir::Type type,
                                  int64_t columns, int64_t team,
                                  int64_t mostVectors);

} // namespace flm::gpu

#endif // FLM_DIALECTS_FLM_GPU_ROWLIMITS_H
