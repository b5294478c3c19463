//===----------------------------------------------------------------------===//
// Loops, memory and sums of kernels with one warp per row.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/RowVectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

RowVectors::RowVectors(DeviceBuilder &d, Type type, I32 columns, int64_t warps)
    : d(d), type(type), columns(columns), vectors(d, type),
      rowIndex(d.blockIndex() * warps + d.warpUniform(d.threadIndex() >> 5)),
      laneIndex(d.threadIndex() & 31) {}

SmallVector<Value>
RowVectors::forEach(ValueRange initial,
                    function_ref<SmallVector<Value>(I32, ValueRange)> body) {
  return d.loop(laneIndex * vectors.width(), columns,
                d.constant(32 * vectors.width()), initial, body);
}

void RowVectors::forEach(function_ref<void(I32)> body) {
  d.loop(laneIndex * vectors.width(), columns, d.constant(32 * vectors.width()),
         body);
}

Value RowVectors::load(Value pointer, I32 row, I32 column) {
  return vectors.load(d.globalElement(pointer, type, row, columns, column));
}

void RowVectors::store(Value rounded, Value pointer, I32 row, I32 column) {
  vectors.store(rounded, d.globalElement(pointer, type, row, columns, column));
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
