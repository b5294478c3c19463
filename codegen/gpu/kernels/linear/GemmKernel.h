//===----------------------------------------------------------------------===//
// What the GEMM kernels of all archs share while they are written: arguments,
// tiles of the operands, the work of a block.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMKERNEL_H
#define FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMKERNEL_H

#include "codegen/gpu/kernels/device/SharedTile.h"
#include "codegen/gpu/kernels/linear/GemmEpilogue.h"
#include "codegen/gpu/kernels/linear/TileOrder.h"

namespace flm::gpu {

/// A tile of C and the part of the inner dim that is summed for it.
struct GemmWork {
  TilePosition tile;
  I32 split;            ///< which part
  I32 firstStep, steps; ///< its first step, and the one after its last
};

class GemmKernel {
protected:
  GemmKernel(DeviceBuilder &d, GemmAttr gemm, const GemmEpilogueHook &hook);

  // Arguments are declared in their order; `begin` says what they are.
  /// A and B, and what is stored (see below), as tensor maps or pointers.
  void declareOperands(bool tensorMaps);
  /// C, the sums that are kept, the epilogue's operands.
  void declareOutputs(bool tensorMaps);
  /// Partial sums: [splits, m, n].
  void declarePartial(Access access, bool tensorMap);
  /// Begins the kernel that `kernel` describes. m, n and k are its last
  /// arguments.
  mlir::LLVM::LLVMFuncOp begin(KernelAttrInterface kernel, LaunchAttr launch);

  /// A block per tile (of a cluster) and part of the inner dim.
  LaunchAttr launchByTile() const;
  /// The `index`th piece of work, of `rows` x `columns` tiles (of a cluster).
  GemmWork work(I32 index, I32 rows, I32 columns);

  DeviceBuilder &d;
  /// What is described, and what this kernel itself stores: the same, or
  /// partial sums in f32 without an epilogue.
  GemmAttr described, gemm;
  GemmScheduleAttr schedule;
  GemmEpilogue epilogue;
  OperandTile tileA, tileB;
  OutputBox outputBox;

  // Arguments: tensor maps or pointers, null where there are none.
  mlir::Value a, b, c, sums, partial;
  I32 m, n, k;

private:
  void declare(mlir::Value &value, llvm::StringRef name, Access access,
               mlir::Type type, llvm::ArrayRef<mlir::AffineExpr> sizes,
               llvm::ArrayRef<int64_t> box, int64_t rowBytes);

  llvm::SmallVector<KernelArgument> arguments;
  llvm::SmallVector<mlir::Value *> values; ///< null: an operand of the epilogue
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMKERNEL_H
