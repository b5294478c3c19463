//===----------------------------------------------------------------------===//
// Reductions over lanes: butterflies of shuffles.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/LaneReduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flm::gpu;

/// The value of lane `lane ^ distance`.
static Value exchange(DeviceBuilder &d, Value value, int64_t distance) {
  if (value.getType().isF64()) {
    auto halves = VectorType::get({2}, d.getI32Type());
    Value words = LLVM::BitcastOp::create(d, halves, value);
    Value low = exchange(d, d.element(words, 0), distance);
    Value high = exchange(d, d.element(words, 1), distance);
    return LLVM::BitcastOp::create(d, d.getF64Type(), d.pair(low, high));
  }
  return NVVM::ShflOp::create(d, value.getType(), d.constant(-1).value(), value,
                              d.constant(distance).value(),
                              d.constant(31).value(), NVVM::ShflKind::bfly,
                              UnitAttr());
}

Value flm::gpu::reduceLanes(DeviceBuilder &d, Value value, int64_t lanes,
                            function_ref<Value(Value, Value)> combine) {
  assert(llvm::isPowerOf2_64(lanes) && lanes <= 32 && "a part of a warp");
  for (int64_t distance = 1; distance < lanes; distance *= 2)
    value = combine(value, exchange(d, value, distance));
  return value;
}

Value flm::gpu::sumOverLanes(DeviceBuilder &d, Value value, int64_t lanes) {
  return reduceLanes(d, value, lanes, [&](Value a, Value b) -> Value {
    return arith::AddFOp::create(d, a, b);
  });
}
