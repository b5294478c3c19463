//===----------------------------------------------------------------------===//
// The pieces of cross-entropy on the GPU.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_LOSS_CROSSENTROPY_H
#define FLM_CODEGEN_GPU_KERNELS_LOSS_CROSSENTROPY_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

// Each writes the kernel that the attribute describes at the builder's
// insertion point, in a gpu.module.

/// Arguments: logits[rows, columns], targets[rows] i32 (to pick), then f32
/// [rows] each: max (if it is computed or needed), sum_exp, picked; rows,
/// columns, first, vocab.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, SoftmaxStatisticsAttr softmax);

/// Arguments: logits[rows, columns], max[rows] f32, sum_exp[rows] f32,
/// targets[rows] i32, seed[1] f32, d_logits like logits (unless in place);
/// rows, columns, first, vocab.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d,
                             CrossEntropyGradientAttr gradient);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_LOSS_CROSSENTROPY_H
