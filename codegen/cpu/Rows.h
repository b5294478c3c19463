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

/// Blocks of rows that move about `taskBytes` each (below), reads and writes
/// together.
TaskBlocks blocksOfRows(int64_t rows, int64_t bytesPerRow);

/// The same for elements of a flat tensor; blocks start at multiples of 1024
/// elements, so that tasks never share a cache line.
TaskBlocks blocksOfElements(int64_t elements, int64_t bytesPerElement);

/// Bytes that a task should move: 10 to 20 microseconds of streaming,
/// far above the cost of handing out a task, with tasks left to balance.
inline constexpr int64_t taskBytes = 256 * 1024;

/// Bytes of one element of a float or integer type.
int64_t bytesOf(mlir::Type type);

/// A kernel function while its body is being written.
class RowsKernel {
public:
  /// Opens `func.func private @symbol(operands..., workspace, task)` at the
  /// insertion point of `builder`, which itself does not move.
  RowsKernel(mlir::OpBuilder &builder, mlir::Location loc,
             llvm::StringRef symbol, llvm::ArrayRef<mlir::Type> operands);

  mlir::Value operand(unsigned index);
  mlir::Value task();

  /// Block number `block` (an index value) of `blocks`.
  Span spanOf(TaskBlocks blocks, mlir::Value block);

  /// The task's share of `blocks`.
  Span taskSpan(TaskBlocks blocks) { return spanOf(blocks, task()); }

  /// Runs `body` on each row of the task's share, in order.
  void forEachRow(TaskBlocks blocks,
                  llvm::function_ref<void(mlir::Value row)> body);

  /// Runs `body` on each index of `span`, in order.
  void forEach(Span span, llvm::function_ref<void(mlir::Value index)> body);

  /// Runs `body` on groups of `size` elements of `span` (the last may be
  /// shorter), in order; it takes the running sum, at first `start`, and
  /// returns the next one.
  Real sumOver(Span span, int64_t size, Real start,
               llvm::function_ref<Real(Span group, Real sum)> body);

  mlir::Value index(int64_t value);

  /// Ends the function.
  CpuKernel finish(int64_t tasks);

  mlir::ImplicitLocOpBuilder b;

private:
  mlir::func::FuncOp function;
};

/// memref<shape x elementType>.
mlir::Type bufferType(llvm::ArrayRef<int64_t> shape, mlir::Type elementType);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ROWS_H
