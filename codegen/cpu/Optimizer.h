//===----------------------------------------------------------------------===//
// Kernels of the optimizer: gradient clipping by global norm, and AdamW.
//
// `hyper` is the array of runtime/abi/Hyper.def.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_OPTIMIZER_H
#define FLM_CODEGEN_CPU_OPTIMIZER_H

#include "codegen/cpu/CpuKernel.h"
#include "runtime/abi/Hyper.h"

namespace flm::cpu {

using abi::Hyper;

/// (sumOfSquares[1], hyper[8]) -> (norm[1], coefficient[1]), all f32:
/// norm = sqrt(sumOfSquares),
/// coefficient = clip > 0 ? min(1, clip / (norm + 1e-6)) : 1,
/// the formula of torch.nn.utils.clip_grad_norm_. A NaN norm gives NaN.
CpuKernel buildClip(mlir::OpBuilder &builder, mlir::Location loc,
                    llvm::StringRef symbol);

struct AdamWProblem {
  int64_t count;
  /// Factors of this parameter on the values in `hyper`.
  double lrMultiplier = 1, weightDecayMultiplier = 1, epsMultiplier = 1;
};

/// (p[count], m[count], v[count], g[count], coefficient[1], hyper[8]), all f32:
/// updates p, m and v in place by the gradient g * coefficient.
CpuKernel buildAdamW(mlir::OpBuilder &builder, mlir::Location loc,
                     llvm::StringRef symbol, const AdamWProblem &problem,
                     const CpuTarget &target);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_OPTIMIZER_H
