//===----------------------------------------------------------------------===//
// The frame of kernels whose tasks are blocks of rows, or of elements.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Rows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

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
    : b(loc, builder) {
  SmallVector<Type> types(operands);
  types.push_back(MemRefType::get({ShapedType::kDynamic}, b.getI8Type()));
  types.push_back(b.getIndexType());
  function = func::FuncOp::create(b, symbol, b.getFunctionType(types, {}));
  function.setPrivate();
  b.setInsertionPointToStart(function.addEntryBlock());
}

Value RowsKernel::operand(unsigned index) {
  return function.getArgument(index);
}

Value RowsKernel::task() {
  return function.getArgument(function.getNumArguments() - 1);
}

Value RowsKernel::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

Span RowsKernel::spanOf(TaskBlocks blocks, Value block) {
  if (blocks.tasks() == 1)
    return wholeSpan(b, blocks.items);
  Value step = index(blocks.itemsPerTask);
  Value begin = arith::MulIOp::create(b, block, step);
  Value end = arith::AddIOp::create(b, begin, step);
  if (blocks.items % blocks.itemsPerTask == 0)
    return {begin, end, blocks.itemsPerTask};
  end = arith::MinSIOp::create(b, end, index(blocks.items));
  return {begin, end, std::nullopt};
}

void RowsKernel::forEach(Span span, function_ref<void(Value)> body) {
  scf::ForOp::create(b, span.begin, span.end, index(1), ValueRange(),
                     [&](OpBuilder &, Location, Value i, ValueRange) {
                       OpBuilder::InsertionGuard inner(b);
                       b.setInsertionPointToEnd(i.getParentBlock());
                       body(i);
                       scf::YieldOp::create(b);
                     });
}

Real RowsKernel::sumOver(Span span, int64_t size, Real start,
                         function_ref<Real(Span, Real)> body) {
  bool even = span.length && *span.length % size == 0;
  auto loop = scf::ForOp::create(
      b, span.begin, span.end, index(size), start.value(),
      [&](OpBuilder &, Location, Value i, ValueRange sum) {
        OpBuilder::InsertionGuard inner(b);
        b.setInsertionPointToEnd(i.getParentBlock());
        Value end = arith::AddIOp::create(b, i, index(size));
        if (!even)
          end = arith::MinSIOp::create(b, end, span.end);
        Span group = {i, end,
                      even ? std::optional<int64_t>(size) : std::nullopt};
        scf::YieldOp::create(b, body(group, Real(b, sum[0])).value());
      });
  return Real(b, loop.getResult(0));
}

void RowsKernel::forEachRow(TaskBlocks blocks, function_ref<void(Value)> body) {
  forEach(taskSpan(blocks), body);
}

CpuKernel RowsKernel::finish(int64_t tasks) {
  func::ReturnOp::create(b);
  return {function, tasks, /*workspaceBytes=*/0};
}

} // namespace flm::cpu
