//===----------------------------------------------------------------------===//
// Kernels that compute each element from the same element of their inputs.
//
// All buffers are flat: `count` elements each. Outputs may be an input's
// buffer.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_POINTWISE_H
#define FLM_CODEGEN_CPU_POINTWISE_H

#include "codegen/cpu/CpuKernel.h"

namespace flm::cpu {

struct PointwiseProblem {
  int64_t count;
  mlir::Type elementType; ///< f32 or bf16; the arithmetic is f32
};

/// (gate, up) -> silu(gate) * up.
CpuKernel buildSiluMul(mlir::OpBuilder &builder, mlir::Location loc,
                       llvm::StringRef symbol, const PointwiseProblem &problem,
                       const CpuTarget &target);

/// (dy, gate, up) -> (dgate, dup).
CpuKernel buildSiluMulGrad(mlir::OpBuilder &builder, mlir::Location loc,
                           llvm::StringRef symbol,
                           const PointwiseProblem &problem,
                           const CpuTarget &target);

/// (x0, x1, …) -> x0 + x1 + …, from left to right; two inputs or more.
CpuKernel buildAdd(mlir::OpBuilder &builder, mlir::Location loc,
                   llvm::StringRef symbol, int64_t inputs,
                   const PointwiseProblem &problem, const CpuTarget &target);

/// (x) -> x * factor.
CpuKernel buildScale(mlir::OpBuilder &builder, mlir::Location loc,
                     llvm::StringRef symbol, double factor,
                     const PointwiseProblem &problem, const CpuTarget &target);

/// (x, factor[1] f32) -> x * factor.
CpuKernel buildScaleBy(mlir::OpBuilder &builder, mlir::Location loc,
                       llvm::StringRef symbol, const PointwiseProblem &problem,
                       const CpuTarget &target);

/// () -> every element `number`.
CpuKernel buildFill(mlir::OpBuilder &builder, mlir::Location loc,
                    llvm::StringRef symbol, double number,
                    const PointwiseProblem &problem, const CpuTarget &target);

/// (x of elementType) -> x as `resultType`: a conversion between f32 and bf16
/// (to nearest even), not in place.
CpuKernel buildCast(mlir::OpBuilder &builder, mlir::Location loc,
                    llvm::StringRef symbol, mlir::Type resultType,
                    const PointwiseProblem &problem, const CpuTarget &target);

/// (x) -> x, `bytes` of them, whatever they mean.
CpuKernel buildCopy(mlir::OpBuilder &builder, mlir::Location loc,
                    llvm::StringRef symbol, int64_t bytes,
                    const CpuTarget &target);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_POINTWISE_H
