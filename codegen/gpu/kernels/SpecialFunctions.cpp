//===----------------------------------------------------------------------===//
// Functions of the special function unit.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/SpecialFunctions.h"

using namespace mlir;
using namespace flm::gpu;

static Value approximate(DeviceBuilder &d, StringRef function, Value x) {
  return LLVM::CallIntrinsicOp::create(
             d, d.getF32Type(),
             d.getStringAttr("llvm.nvvm." + function + ".approx.ftz.f"),
             ValueRange{x})
      .getResult(0);
}

Value flm::gpu::exp2(DeviceBuilder &d, Value x) {
  return approximate(d, "ex2", x);
}
Value flm::gpu::log2(DeviceBuilder &d, Value x) {
  return approximate(d, "lg2", x);
}
Value flm::gpu::reciprocal(DeviceBuilder &d, Value x) {
  return approximate(d, "rcp", x);
}
Value flm::gpu::inverseSquareRoot(DeviceBuilder &d, Value x) {
  return approximate(d, "rsqrt", x);
}
