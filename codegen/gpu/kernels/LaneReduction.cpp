//===----------------------------------------------------------------------===//
// Reductions over lanes: butterflies of shuffles.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/LaneReduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flm::gpu;

Value flm::gpu::reduceLanes(DeviceBuilder &d, Value value, int64_t lanes,
                            function_ref<Value(Value, Value)> combine) {
  assert(llvm::isPowerOf2_64(lanes) && lanes <= 32 && "a part of a warp");
  for (int64_t distance = 1; distance < lanes; distance *= 2) {
    Value other = NVVM::ShflOp::create(
        d, d.getF32Type(), d.constant(-1).value(), value,
        d.constant(distance).value(), d.constant(31).value(),
        NVVM::ShflKind::bfly, UnitAttr());
    value = combine(value, other);
  }
  return value;
}

Value flm::gpu::sumOverLanes(DeviceBuilder &d, Value value, int64_t lanes) {
  return reduceLanes(d, value, lanes, [&](Value a, Value b) -> Value {
    return arith::AddFOp::create(d, a, b);
  });
}
