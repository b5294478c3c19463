//===----------------------------------------------------------------------===//
// Loops, memory and sums of kernels with one warp per row.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/RowVectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

RowVectors::RowVectors(DeviceBuilder &d, Type type, I32 columns, int64_t warps)
    : d(d), type(type), columns(columns),
      elements(vectorBytes * 8 / type.getIntOrFloatBitWidth()),
      rowIndex(d.blockIndex() * warps + d.warpUniform(d.threadIndex() >> 5)),
      laneIndex(d.threadIndex() & 31) {}

SmallVector<Value>
RowVectors::forEach(ValueRange initial,
                    function_ref<SmallVector<Value>(I32, ValueRange)> body) {
  return d.loop(laneIndex * elements, columns, d.constant(32 * elements),
                initial, body);
}

void RowVectors::forEach(function_ref<void(I32)> body) {
  d.loop(laneIndex * elements, columns, d.constant(32 * elements), body);
}

Value RowVectors::load(Value pointer, I32 row, I32 column) {
  Value address = d.globalElement(pointer, type, row, columns, column);
  return widen(d.load(VectorType::get({elements}, type), address, vectorBytes));
}

Value RowVectors::widen(Value vector) {
  if (type.isF32())
    return vector;
  return arith::ExtFOp::create(d, VectorType::get({elements}, d.getF32Type()),
                               vector);
}

Value RowVectors::round(Value vector) {
  if (type.isF32())
    return vector;
  return arith::TruncFOp::create(d, VectorType::get({elements}, type), vector);
}

void RowVectors::store(Value rounded, Value pointer, I32 row, I32 column) {
  d.store(rounded, d.globalElement(pointer, type, row, columns, column),
          vectorBytes);
}

Value RowVectors::sumOf(Value vector) {
  Value sum = d.element(vector, 0);
  for (int64_t i = 1; i < elements; ++i)
    sum = arith::AddFOp::create(d, sum, d.element(vector, i));
  return sum;
}

Value RowVectors::sumOverWarp(Value value) {
  for (int64_t distance = 16; distance > 0; distance /= 2) {
    Value other = NVVM::ShflOp::create(
        d, d.getF32Type(), d.constant(-1).value(), value,
        d.constant(distance).value(), d.constant(31).value(),
        NVVM::ShflKind::bfly, UnitAttr());
    value = arith::AddFOp::create(d, value, other);
  }
  return value;
}

Value RowVectors::broadcast(Value value) {
  auto vectorType = VectorType::get({elements}, d.getF32Type());
  Value vector = LLVM::PoisonOp::create(d, vectorType);
  for (int64_t i = 0; i < elements; ++i)
    vector =
        LLVM::InsertElementOp::create(d, vector, value, d.constant(i).value());
  return vector;
}
