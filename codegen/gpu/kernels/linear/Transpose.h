//===----------------------------------------------------------------------===//
// Transposition of a matrix on the GPU.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_LINEAR_TRANSPOSE_H
#define FLM_CODEGEN_GPU_KERNELS_LINEAR_TRANSPOSE_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

/// Writes the kernel that TransposeAttr describes at the builder's insertion
/// point, in a gpu.module. Its arguments: x, y, rows, columns.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, TransposeAttr transpose);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_LINEAR_TRANSPOSE_H
