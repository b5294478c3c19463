//===----------------------------------------------------------------------===//
// Rotary position embedding on the GPU.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_ROPE_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_ROPE_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

/// Writes the kernel that RopeAttr describes at the builder's insertion point,
/// in a gpu.module. Its arguments: x, table, y, tokens, seq, heads.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, RopeAttr rope);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_ROPE_H
