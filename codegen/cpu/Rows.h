//===----------------------------------------------------------------------===//
// The frame of kernels whose tasks are blocks of rows, or of elements: the
// function, the task's share of the work, the loop over its rows.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_ROWS_H
#define FLM_CODEGEN_CPU_ROWS_H

#include "codegen/cpu/VectorLoop.h"

namespace flm::cpu {

/// a / b, rounded up.
inline int64_t divideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// `items` (rows, elements) in equal blocks, one per task; the last may be
/// shorter.
struct TaskBlocks {
  int64_t items;
  int64_t itemsPerTask;

  int64_t tasks() const { return divideUp(items, itemsPerTask); }
};

/// Bytes that a task should move, reads and writes together: 5 to 20
/// microseconds, far above the cost of handing out a task, and few enough that
/// a layer of some hundred tokens has a task for several threads.
inline constexpr int64_t taskBytes = 256 * 1024;

/// Blocks of rows that move about `taskBytes` each.
TaskBlocks blocksOfRows(int64_t rows, int64_t bytesPerRow);

/// The same for elements of a flat tensor; blocks start at multiples of 1024
/// elements, so that tasks never share a cache line.
TaskBlocks blocksOfElements(int64_t elements, int64_t bytesPerElement);

/// Bytes of one element of a float or integer type.
int64_t bytesOf(mlir::Type type);

/// memref<shape x elementType>.
mlir::Type bufferType(llvm::ArrayRef<int64_t> shape, mlir::Type elementType);

/// A kernel while its body is being written.
class RowsKernel : public KernelBuilder {
public:
  /// Opens `func.func private @symbol(operands..., workspace, task)` at the
  /// insertion point of `builder`, which itself does not move.
  RowsKernel(mlir::OpBuilder &builder, mlir::Location loc,
             llvm::StringRef symbol, llvm::ArrayRef<mlir::Type> operands);

  mlir::Value operand(unsigned index);
  Index task();

  /// Block number `block` of `blocks`.
  Span spanOf(TaskBlocks blocks, Index block);

  /// The task's share of `blocks`.
  Span taskSpan(TaskBlocks blocks) { return spanOf(blocks, task()); }

  /// Runs `body` on each index of `span`, in order.
  void forEach(Span span, llvm::function_ref<void(Index)> body);

  /// Runs `body` on groups of `size` elements of `span` (the last may be
  /// shorter), in order; it takes the running sum, at first `start`, and
  /// returns the next one.
  Real sumOver(Span span, int64_t size, Real start,
               llvm::function_ref<Real(Span group, Real sum)> body);

  /// memref[indices] as f32.
  Real loadReal(mlir::Value memref, llvm::ArrayRef<Index> indices);

  /// memref[indices] = x, converted to the element type.
  void storeReal(Real x, mlir::Value memref, llvm::ArrayRef<Index> indices);

  /// memref[i], an i32, as an index.
  Index loadToken(mlir::Value memref, Index i);

  /// The kernel, once its body is complete.
  CpuKernel finish(int64_t tasks);

private:
  mlir::func::FuncOp function;
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ROWS_H
