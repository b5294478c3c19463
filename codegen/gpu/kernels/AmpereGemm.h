//===----------------------------------------------------------------------===//
// A GEMM kernel for sm_80 (and every GPU since) under construction.
//
// One block per tile of C, all warps alike: each multiplies 64 x 32 elements
// with mma.sync, from fragments that ldmatrix reads. Tiles of A and B lie in
// shared memory as on Hopper (SharedTile.h), but the threads themselves copy
// them, 16 bytes at a time and some stages ahead (cp.async).
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_AMPEREGEMM_H
#define FLM_CODEGEN_GPU_KERNELS_AMPEREGEMM_H

#include "codegen/gpu/kernels/GemmKernel.h"
#include "codegen/gpu/kernels/TileOrder.h"

namespace flm::gpu {

/// Writes one kernel: construct, emit.
class AmpereGemm : private GemmKernel {
public:
  AmpereGemm(DeviceBuilder &d, GemmAttr gemm, const GemmEpilogueHook &epilogue);

  mlir::LLVM::LLVMFuncOp emit();

private:
  /// Of the elements of C that a warp computes, in the tile.
  static constexpr int64_t warpRows = 64, warpColumns = 32;

  void loadStage(TilePosition tile, I32 step, I32 slot);
  llvm::SmallVector<mlir::Value> multiplyStage(I32 slot, mlir::ValueRange sums);
  void storeTile(TilePosition tile, mlir::ValueRange sums);

  I32 nextSlot(I32 slot);

  I32 thread, lane;
  I32 warpRow, warpColumn; ///< where the warp's elements begin in the tile
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_AMPEREGEMM_H
