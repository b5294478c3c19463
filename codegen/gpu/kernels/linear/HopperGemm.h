//===----------------------------------------------------------------------===//
// The parts of a Hopper GEMM kernel under construction; see Gemm.h for what the
// warpgroups do.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_LINEAR_HOPPERGEMM_H
#define FLM_CODEGEN_GPU_KERNELS_LINEAR_HOPPERGEMM_H

#include "codegen/gpu/kernels/device/Synchronization.h"
#include "codegen/gpu/kernels/linear/GemmKernel.h"

namespace flm::gpu {

/// Writes one kernel: construct, emit.
class HopperGemm : private GemmKernel {
public:
  HopperGemm(DeviceBuilder &d, GemmAttr gemm, const GemmEpilogueHook &hook);

  mlir::LLVM::LLVMFuncOp emit();

private:
  // HopperGemm.cpp: the kernel, its producer and its main loop.
  void initialize();
  void produce();
  void consume();
  /// body(tile, where the ring stands) for each tile of this block's cluster;
  /// it returns where the ring stands then.
  void
  forEachTile(llvm::function_ref<RingPosition(GemmWork, RingPosition)> body);
  /// The same for each step of the inner dim of a tile, with values carried.
  llvm::SmallVector<mlir::Value>
  forEachStep(GemmWork work, RingPosition &at, mlir::ValueRange initial,
              llvm::function_ref<llvm::SmallVector<mlir::Value>(
                  I32 step, RingPosition, mlir::ValueRange carried)>
                  body);
  void loadStage(TilePosition tile, I32 step, RingPosition at);
  llvm::SmallVector<mlir::Value> multiplyStage(RingPosition at, I32 consumer,
                                               mlir::ValueRange sums);
  void releaseStage(RingPosition at, I32 thread);

  // HopperGemmEpilogue.cpp: from sums to the tensors.
  void storeTile(GemmWork work, I32 consumer, I32 thread,
                 mlir::ValueRange sums);

  // Shared memory.
  SharedPlan plan;
  int64_t stagesOffset, outputOffset;
  StageRing ring;

  I32 rank; ///< of the block in its cluster
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_LINEAR_HOPPERGEMM_H
