//===----------------------------------------------------------------------===//
// Loads, stores and conversions of 16 bytes.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/WideVectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flm::gpu;

VectorType WideVectors::storedType() const {
  return VectorType::get({elements}, type);
}

int64_t WideVectors::alignment() const {
  return std::min(bytes, elements * type.getIntOrFloatBitWidth() / 8);
}

Value WideVectors::read(Value address) {
  return d.load(storedType(), address, alignment());
}

Value WideVectors::widen(Value vector) {
  if (type.isF32())
    return vector;
  return arith::ExtFOp::create(d, VectorType::get({elements}, d.getF32Type()),
                               vector);
}

Value WideVectors::round(Value vector) {
  if (type.isF32())
    return vector;
  return arith::TruncFOp::create(d, VectorType::get({elements}, type), vector);
}

void WideVectors::store(Value rounded, Value address) {
  d.store(rounded, address, alignment());
}

Value WideVectors::sumOf(Value vector) {
  Value sum = d.element(vector, 0);
  for (int64_t i = 1; i < elements; ++i)
    sum = arith::AddFOp::create(d, sum, d.element(vector, i));
  return sum;
}

Value WideVectors::broadcast(Value value) {
  auto vectorType = VectorType::get({elements}, d.getF32Type());
  Value vector = LLVM::PoisonOp::create(d, vectorType);
  for (int64_t i = 0; i < elements; ++i)
    vector =
        LLVM::InsertElementOp::create(d, vector, value, d.constant(i).value());
  return vector;
}
