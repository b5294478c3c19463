//===----------------------------------------------------------------------===//
// Matrix multiplication on the GPU, in the three layouts that a linear layer
// needs, for any m, n, k that tensor maps allow (rows of 16 bytes).
//
// Hopper (sm_90a): blocks are persistent and walk tiles of C. In each block,
//
//   warpgroup 0     one thread: for each tile, for each step of the inner dim,
//                   wait for an empty stage, let TMA fill it with tiles of A, B
//   warpgroups 1…   64 rows of the tile each: for each step, wait for the full
//                   stage, multiply (wgmma), release it; then the epilogue and
//                   the store, box by box through shared memory
//
// so that the producer loads the next tile while the consumers store this one.
// The blocks of a cluster have neighbouring rows of C: they share the tile of
// B, of which each loads a slice for all.
//
// sm_80 and what came after: see AmpereGemm.h. Where the inner dim is split,
// GemmFold.cpp adds the parts. What becomes of the sums: GemmEpilogue.h.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMM_H
#define FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMM_H

#include "codegen/gpu/kernels/linear/GemmEpilogue.h"

namespace flm::gpu {

/// The schedule for a problem whose sizes are known only when it runs.
GemmScheduleAttr defaultGemmSchedule(mlir::MLIRContext *context, Arch arch);

/// `gemm` with the schedule that its kernel has: its own; or one for sm_90a
/// that does not split the inner dim, chosen by its sizes if they are known.
GemmAttr scheduled(GemmAttr gemm);

/// Writes the kernel of `gemm` at the builder's insertion point, in a
/// gpu.module. Its arguments: A, B and C (tensor maps on sm_90a, pointers on
/// sm_80), the sums if they are kept, the epilogue's operands, m, n, k.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, GemmAttr gemm,
                             const GemmEpilogueHook &epilogue);
/// With the epilogue that `gemm` names. Null if there is no such epilogue,
/// which is reported.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, GemmAttr gemm);

/// Writes the kernel that adds partial sums. Its arguments: the partial sums,
/// C, the sums if they are kept, the epilogue's operands, m, n, k.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, GemmFoldAttr fold,
                             const GemmEpilogueHook &epilogue);
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, GemmFoldAttr fold);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMM_H
