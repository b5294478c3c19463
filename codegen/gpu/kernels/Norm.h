//===----------------------------------------------------------------------===//
// Normalisation of rows on the GPU.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_NORM_H
#define FLM_CODEGEN_GPU_KERNELS_NORM_H

#include "codegen/gpu/kernels/DeviceBuilder.h"

namespace flm::gpu {

/// Writes the kernel that RmsNormAttr describes at the builder's insertion
/// point, in a gpu.module. Its arguments: x, (with a residual: the tensor to
/// add and the sum,) gain, y, the inverse root mean squares, rows, columns.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, RmsNormAttr norm);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_NORM_H
