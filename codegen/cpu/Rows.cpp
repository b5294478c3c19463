//===----------------------------------------------------------------------===//
// The frame of kernels whose tasks are blocks of rows, or of elements.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Rows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <algorithm>

using namespace mlir;

namespace flm::cpu {

TaskBlocks blocksOfRows(int64_t rows, int64_t bytesPerRow) {
  return {rows, std::clamp<int64_t>(divideUp(taskBytes, bytesPerRow), 1, rows)};
}

TaskBlocks blocksOfElements(int64_t elements, int64_t bytesPerElement) {
  const int64_t grain = 1024;
  int64_t perTask = divideUp(taskBytes / bytesPerElement, grain) * grain;
  return {elements, std::min(perTask, elements)};
}

int64_t bytesOf(Type type) { return type.getIntOrFloatBitWidth() / 8; }

Type bufferType(ArrayRef<int64_t> shape, Type elementType) {
  return MemRefType::get(shape, elementType);
}

RowsKernel::RowsKernel(OpBuilder &builder, Location loc, StringRef symbol,
                       ArrayRef<Type> operands)
    : KernelBuilder(loc, builder), function(beginKernel(symbol, operands)) {}

Value RowsKernel::operand(unsigned index) {
  return function.getArgument(index);
}

Index RowsKernel::task() { return index(function.getArguments().back()); }

Span RowsKernel::spanOf(TaskBlocks blocks, Index block) {
  if (blocks.tasks() == 1)
    return wholeSpan(*this, blocks.items);
  Index begin = block * blocks.itemsPerTask;
  Index end = begin + blocks.itemsPerTask;
  if (blocks.items % blocks.itemsPerTask == 0)
    return {begin, end, blocks.itemsPerTask};
  return {begin, min(end, blocks.items), std::nullopt};
}

void RowsKernel::forEach(Span span, function_ref<void(Index)> body) {
  loop(span.begin, span.end, 1, body);
}

Real RowsKernel::sumOver(Span span, int64_t size, Real start,
                         function_ref<Real(Span, Real)> body) {
  std::optional<int64_t> length;
  if (span.length && *span.length % size == 0)
    length = size;
  auto sums =
      loop(span.begin, span.end, size, start.value(),
           [&](Index begin, ValueRange sum) -> SmallVector<Value> {
             Index end = length ? begin + size : min(begin + size, span.end);
             return {body({begin, end, length}, Real(*this, sum[0])).value()};
           });
  return Real(*this, sums[0]);
}

Real RowsKernel::loadReal(Value memref, ArrayRef<Index> indices) {
  return convert(Real(*this, loadScalar(memref, indices)), getF32Type());
}

void RowsKernel::storeReal(Real x, Value memref, ArrayRef<Index> indices) {
  Type elementType = cast<MemRefType>(memref.getType()).getElementType();
  SmallVector<Value> values;
  for (Index index : indices)
    values.push_back(index.value());
  memref::StoreOp::create(*this, convert(x, elementType).value(), memref,
                          values);
}

Index RowsKernel::loadToken(Value memref, Index i) {
  return index(
      arith::IndexCastOp::create(*this, getIndexType(), loadScalar(memref, i)));
}

CpuKernel RowsKernel::finish(int64_t tasks) {
  return {function, tasks, /*workspaceBytes=*/0};
}

} // namespace flm::cpu
