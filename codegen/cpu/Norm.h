//===----------------------------------------------------------------------===//
// Kernels of the norms, over each row:
//   rms_norm    y = x * rstd * gain, rstd = 1/sqrt(mean(x^2) + eps)
//   layer_norm  y = (x - mean(x)) * rstd * gain + bias,
//               rstd = 1/sqrt(mean((x - mean(x))^2) + eps)
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_NORM_H
#define FLM_CODEGEN_CPU_NORM_H

#include "codegen/cpu/CpuKernel.h"

namespace flm::cpu {

struct NormProblem {
  int64_t rows; ///< all leading dims together
  int64_t n;    ///< length of a row
  double eps;
  mlir::Type elementType; ///< of x, y and their gradients: f32 or bf16
  mlir::Type gainType;    ///< of the gain and the bias: f32 or bf16
};

/// (x[rows, n], gain[n]) -> y[rows, n].
CpuKernel buildRmsNorm(mlir::OpBuilder &builder, mlir::Location loc,
                       llvm::StringRef symbol, const NormProblem &problem,
                       const CpuTarget &target);

/// (dy[rows, n], x[rows, n], gain[n]) -> dx[rows, n]; dx may be dy's buffer.
CpuKernel buildRmsNormGradX(mlir::OpBuilder &builder, mlir::Location loc,
                            llvm::StringRef symbol, const NormProblem &problem,
                            const CpuTarget &target);

/// Rows that are summed into one row of partial sums. Fixed, so that the sum
/// over rows has one order whatever the tasks and the machine are.
inline constexpr int64_t normChunkRows = 32;

/// Rows of the `partials` buffer that gradients of gains and biases sum in.
inline int64_t normChunks(int64_t rows) {
  return (rows + normChunkRows - 1) / normChunkRows;
}

/// (dy[rows, n], x[rows, n]) -> partials[normChunks(rows), n] f32: the
/// gain's gradient, summed over each chunk of rows.
CpuKernel buildRmsNormGradGainPartials(mlir::OpBuilder &builder,
                                       mlir::Location loc,
                                       llvm::StringRef symbol,
                                       const NormProblem &problem,
                                       const CpuTarget &target);

/// (x[rows, n], gain[n], bias[n]) -> y[rows, n]; y may be x's buffer.
CpuKernel buildLayerNorm(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::StringRef symbol, const NormProblem &problem,
                         const CpuTarget &target);

/// (dy[rows, n], x[rows, n], gain[n]) -> dx[rows, n]; dx may be dy's buffer.
CpuKernel buildLayerNormGradX(mlir::OpBuilder &builder, mlir::Location loc,
                              llvm::StringRef symbol,
                              const NormProblem &problem,
                              const CpuTarget &target);

/// (dy[rows, n], x[rows, n]) -> partials[normChunks(rows), n] f32: the gain's
/// gradient, summed over each chunk of rows.
CpuKernel buildLayerNormGradGainPartials(mlir::OpBuilder &builder,
                                         mlir::Location loc,
                                         llvm::StringRef symbol,
                                         const NormProblem &problem,
                                         const CpuTarget &target);

/// (dy[rows, n]) -> partials[normChunks(rows), n] f32: the bias's gradient,
/// summed over each chunk of rows.
CpuKernel buildRowSumPartials(mlir::OpBuilder &builder, mlir::Location loc,
                              llvm::StringRef symbol, int64_t rows, int64_t n,
                              mlir::Type elementType, const CpuTarget &target);

/// (partials[chunks, n] f32) -> sum[n] f32, chunks added in order; to `sum`'s
/// old value if `accumulate`.
CpuKernel buildFoldRows(mlir::OpBuilder &builder, mlir::Location loc,
                        llvm::StringRef symbol, int64_t chunks, int64_t n,
                        bool accumulate, const CpuTarget &target);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_NORM_H
