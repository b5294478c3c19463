//===----------------------------------------------------------------------===//
// The optimizer on the GPU: the norm of the gradients, clipping, AdamW.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_TRAIN_OPTIMIZER_H
#define FLM_CODEGEN_GPU_KERNELS_TRAIN_OPTIMIZER_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"
#include "runtime/abi/Hyper.h"

namespace flm::gpu {

using abi::Hyper;

// Each writes the kernel that the attribute describes at the builder's
// insertion point, in a gpu.module.

/// Arguments: x, sums, chunks, length.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, ChunkSquaresAttr squares);

/// Arguments: sums, total, count; with clip: sums, hyper, norm, coef, count.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, ChunkTotalAttr total);

/// Arguments: p, m, v, g, coef, hyper, (weight,) count.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, AdamWAttr adamw);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_TRAIN_OPTIMIZER_H
