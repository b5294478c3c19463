//===----------------------------------------------------------------------===//
// The arguments of a kernel on rows, by name:
//
//   RowKernel kernel(d, attribute, {"rows", "columns"});
//   kernel.tensor("x", Access::Read, type,
//                 {kernel.size("rows"), kernel.size("columns")}, width);
//   LLVMFuncOp function = kernel.begin(kernel.size("rows"), threads, 0);
//   rows.load(kernel["x"], row, at);
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_ROWKERNEL_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_ROWKERNEL_H

#include "codegen/gpu/kernels/device/RowVectors.h"

namespace flm::gpu {

class RowKernel {
public:
  /// A kernel with an i32 argument for each of `sizes`, after its pointers.
  RowKernel(DeviceBuilder &d, KernelAttrInterface kernel,
            llvm::ArrayRef<llvm::StringRef> sizes);

  /// A size, as operands and the grid are given by it.
  mlir::AffineExpr size(llvm::StringRef name) const;
  /// One that is fixed.
  mlir::AffineExpr fixed(int64_t size) const;

  /// The next pointer argument. Rows that are read in vectors say how many
  /// elements these have (`width`), and are refused if they do not fill them.
  void tensor(llvm::StringRef name, Access access, mlir::Type type,
              llvm::ArrayRef<mlir::AffineExpr> shape, int64_t width = 1);

  /// Begins the kernel, with blocks of `threads` threads: as many as the
  /// product of `blocks`. Its arguments are there from now on.
  mlir::LLVM::LLVMFuncOp begin(llvm::ArrayRef<mlir::AffineExpr> blocks,
                               int64_t threads, int64_t sharedBytes);

  RowTensor operator[](llvm::StringRef name) const;
  I32 sizeValue(llvm::StringRef name) const;

private:
  DeviceBuilder &d;
  KernelAttrInterface kernel;
  llvm::SmallVector<llvm::StringRef> sizes;
  llvm::SmallVector<KernelArgument> arguments;
  mlir::LLVM::LLVMFuncOp function;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_ROWKERNEL_H
