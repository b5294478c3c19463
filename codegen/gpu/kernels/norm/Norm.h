//===----------------------------------------------------------------------===//
// Normalisation of rows on the GPU, its gradients, and sums of columns.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_NORM_NORM_H
#define FLM_CODEGEN_GPU_KERNELS_NORM_NORM_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

// Each writes the kernel that the attribute describes at the builder's
// insertion point, in a gpu.module. `columns` is an argument where the
// attribute does not say it.

/// Arguments: x[rows, columns], (with a residual: residual and sum, like x,)
/// gain[columns], y like x, (if saved: inverse_rms[rows] f32;) rows, columns.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, RmsNormAttr norm);

/// Arguments: dy, x, gain[columns], (with a residual: d_sum like x,) dx like x,
/// d_gain_parts[parts, columns] f32; rows, columns.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, RmsNormBackwardAttr norm);

/// Arguments: x[rows, columns], sum[columns] f32; rows, columns.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, ColumnSumAttr sum);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_NORM_NORM_H
