//===----------------------------------------------------------------------===//
// What the kernels of cross-entropy have in common: a chunk of the logits.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_LOSS_LOGITSKERNEL_H
#define FLM_CODEGEN_GPU_KERNELS_LOSS_LOGITSKERNEL_H

#include "codegen/gpu/kernels/device/RowKernel.h"

namespace flm::gpu {

class LogitsKernel {
public:
  /// `kernel` works on a chunk of logits of `type`.
  LogitsKernel(DeviceBuilder &d, KernelAttrInterface kernel, mlir::Type type,
               RowSchedule schedule);

  /// A matrix like the logits.
  void logits(llvm::StringRef name, Access access);
  /// A tensor with an element per row.
  void perRow(llvm::StringRef name, Access access, mlir::Type type);

  /// Begins the kernel and writes `body(row)`, for the row of a team.
  mlir::LLVM::LLVMFuncOp emit(llvm::function_ref<void(RowVectors &, I32)> body);

protected:
  RowTensor operator[](llvm::StringRef name) const { return arguments[name]; }
  /// The chunk's columns that are entries of the vocabulary: those before it.
  I32 validColumns() const;
  /// The column of the row's target; one beyond all columns where the target is
  /// not in the chunk.
  I32 targetColumn(RowVectors &rows, I32 row);
  /// exp(x - maximum) for a vector or one number.
  mlir::Value expMinus(mlir::Value x, mlir::Value maximum);

  DeviceBuilder &d;
  RowKernel arguments;
  mlir::Type type;
  RowSchedule schedule;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_LOSS_LOGITSKERNEL_H
