//===----------------------------------------------------------------------===//
// What the GEMM kernels of all archs share while they are written: arguments,
// tiles of the operands, the epilogue.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_GEMMKERNEL_H
#define FLM_CODEGEN_GPU_KERNELS_GEMMKERNEL_H

#include "codegen/gpu/kernels/Gemm.h"
#include "codegen/gpu/kernels/SharedTile.h"

namespace flm::gpu {

class GemmKernel {
protected:
  GemmKernel(DeviceBuilder &d, GemmAttr gemm, const GemmEpilogueHook &epilogue);

  /// Begins the kernel: A, B and C are tensor maps, or plain pointers.
  mlir::LLVM::LLVMFuncOp begin(bool tensorMaps);

  /// What the epilogue makes of sums in fragment order: element 4 * j + 2 * h +
  /// e is row + 8 * h, column + 8 * j + e of C.
  llvm::SmallVector<mlir::Value> finish(I32 row, I32 column,
                                        mlir::ValueRange sums);

  DeviceBuilder &d;
  GemmAttr gemm;
  GemmScheduleAttr schedule;
  const GemmEpilogueHook &epilogue;
  OperandTile tileA, tileB;
  OutputBox outputBox;

  // Arguments.
  mlir::Value a, b, c;
  llvm::SmallVector<mlir::Value> extra; ///< the epilogue's operands
  I32 m, n, k;

private:
  llvm::SmallVector<KernelArgument> arguments(bool tensorMaps) const;
  LaunchAttr launch() const;
  ElementPair loadOperand(unsigned operand, I32 row, I32 column);
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_GEMMKERNEL_H
