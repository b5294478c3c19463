//===----------------------------------------------------------------------===//
// Attention on the GPU, forward and backward, without the S x S matrix.
//
// Forward is one kernel. Backward is three, so that every gradient is summed by
// one block in a fixed order (no atomics) and written once:
//
//   row terms           delta and lse2 of each row of queries (any arch)
//   keys and values     blocks own keys and walk queries
//   queries             blocks own queries and walk keys
//
// On Hopper: HopperAttentionForward.h, HopperKeysGradient.h,
// HopperQueriesGradient.h on HopperAttention.h. On sm_80:
// AmpereAttentionForward.h, AmpereAttentionBackward.h on AmpereAttention.h.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_ATTENTION_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_ATTENTION_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

// Write the kernel that an attribute describes at the builder's insertion
// point, in a gpu.module. The attribute says what its arguments are.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, AttentionForwardAttr attention);
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, AttentionRowTermsAttr terms);
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, AttentionBackwardAttr attention);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_ATTENTION_H
