//===----------------------------------------------------------------------===//
// A GEMM kernel for sm_80 (and every GPU since) under construction.
//
// One block per tile of C, all warps alike: each multiplies 64 x 32 elements
// with mma.sync, from fragments that ldmatrix reads. Tiles of A and B lie in
// shared memory as on Hopper (SharedTile.h), but the threads themselves copy
// them, 16 bytes at a time and some stages ahead (cp.async).
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_LINEAR_AMPEREGEMM_H
#define FLM_CODEGEN_GPU_KERNELS_LINEAR_AMPEREGEMM_H

#include "codegen/gpu/kernels/linear/GemmKernel.h"

namespace flm::gpu {

/// Writes one kernel: construct, emit.
class AmpereGemm : private GemmKernel {
public:
  AmpereGemm(DeviceBuilder &d, GemmAttr gemm, const GemmEpilogueHook &hook);

  mlir::LLVM::LLVMFuncOp emit();

private:
  /// Elements of A * B that a warp computes: columns in fragments of 16.
  static constexpr int64_t warpRows = 64, warpColumns = 32;
  static constexpr int64_t fragmentColumns = 16;

  void loadStage(TilePosition tile, I32 step, I32 slot);
  llvm::SmallVector<mlir::Value> multiplyStage(I32 slot, mlir::ValueRange sums);
  void storeTile(GemmWork work, mlir::ValueRange sums);
  /// Stores or adds the elements that lie in the matrix of `columns` columns.
  void storeGroups(mlir::Value pointer, I32 columns, GemmWork work, I32 row,
                   llvm::ArrayRef<ColumnGroup> groups, bool accumulate);

  I32 nextSlot(I32 slot);
  /// The first columns, in the tile, of a warp's fragments of 16 columns.
  llvm::SmallVector<I32> fragmentsOf(I32 warpInRow);

  I32 thread, lane;
  I32 warpRow;                          ///< its first row in the tile
  llvm::SmallVector<I32> warpFragments; ///< first columns of its fragments
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_LINEAR_AMPEREGEMM_H
