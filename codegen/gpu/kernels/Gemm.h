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
// sm_80 and what came after: see AmpereGemm.h.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_GEMM_H
#define FLM_CODEGEN_GPU_KERNELS_GEMM_H

#include "codegen/gpu/kernels/DeviceBuilder.h"

#include <array>
#include <functional>

namespace flm::gpu {

/// Two neighbouring elements of a row of C, in f32.
using ElementPair = std::array<mlir::Value, 2>;

/// What is done to the sums before they are rounded and stored, e.g. adding a
/// residual.
struct GemmEpilogueHook {
  struct Operand {
    std::string name;
    mlir::Type type; ///< bf16 or f32
  };
  /// Tensors of C's shape that are read where C is written.
  llvm::SmallVector<Operand> operands;
  /// The elements to store, from the sums and the operands at their place.
  /// Null: the sums. Elements beyond the matrix see operands from within it.
  std::function<ElementPair(DeviceBuilder &, ElementPair sums,
                            llvm::ArrayRef<ElementPair> operands)>
      apply;
};

/// The hook that a GemmAttr names.
GemmEpilogueHook namedEpilogue(GemmAttr gemm);

/// The schedule for a problem whose sizes are known only when it runs.
GemmScheduleAttr defaultGemmSchedule(mlir::MLIRContext *context, Arch arch);

/// Writes the kernel of `gemm` (without a schedule: the default one) at the
/// builder's insertion point, in a gpu.module. Its arguments: the tensor maps
/// of A, B and C, the epilogue's operands, m, n, k.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, GemmAttr gemm,
                             const GemmEpilogueHook &epilogue);
/// With the epilogue that `gemm` names.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, GemmAttr gemm);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_GEMM_H
