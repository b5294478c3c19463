//===----------------------------------------------------------------------===//
// The second kernel of a GEMM whose inner dim is split, under construction:
// each thread adds the partial sums of eight neighbouring columns, part after
// part (and of the eight that the epilogue pairs with them), 16 bytes at a
// time, and stores what the epilogue makes of them. Memory bounds it: it reads
// 4 * splits bytes per element.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMFOLD_H
#define FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMFOLD_H

#include "codegen/gpu/kernels/linear/GemmKernel.h"

namespace flm::gpu {

/// Writes one kernel: construct, emit.
class GemmFold : private GemmKernel {
public:
  GemmFold(DeviceBuilder &d, GemmFoldAttr fold, const GemmEpilogueHook &hook)
      : GemmKernel(d, fold.getGemm(), hook), fold(fold) {}

  mlir::LLVM::LLVMFuncOp emit();

private:
  static constexpr int64_t threads = 128;
  static constexpr int64_t width = 8; ///< columns of a run
  /// Blocks that a multiprocessor must hold: threads hide the latency of
  /// memory, and ptxas would rather spend all registers on reading all parts at
  /// once.
  static constexpr int64_t residentBlocks = 4;

  /// Columns of A * B of one thread.
  int64_t columnsPerThread() const;
  ColumnRun addParts(I32 row, I32 column);
  /// Stores or adds a run of a matrix of `columns` columns.
  void store(mlir::Value pointer, I32 columns, const ColumnRun &run,
             bool accumulate);

  GemmFoldAttr fold;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMFOLD_H
