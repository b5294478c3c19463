//===----------------------------------------------------------------------===//
// Operators and functions on f32 numbers and vectors.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/F32.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flm::gpu;

static VectorType vectorType(F32 x) {
  return dyn_cast<VectorType>(x.value().getType());
}

/// `x` in each element of a `type`; `x` if it is a vector already.
static Value spread(F32 x, VectorType type) {
  if (!type || vectorType(x))
    return x.value();
  DeviceBuilder &d = x.d();
  Value vector = LLVM::PoisonOp::create(d, type);
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    vector = LLVM::InsertElementOp::create(d, vector, x.value(),
                                           d.constant(i).value());
  return vector;
}

/// An op of two operands that are alike.
template <typename Op> static F32 binary(F32 a, F32 b) {
  VectorType type = vectorType(a) ? vectorType(a) : vectorType(b);
  return {a.d(), Op::create(a.d(), spread(a, type), spread(b, type))};
}

F32 F32::number(double value) const { return {*builder, builder->f32(value)}; }

F32 F32::operator+(F32 other) const {
  return binary<arith::AddFOp>(*this, other);
}
F32 F32::operator-(F32 other) const {
  return binary<arith::SubFOp>(*this, other);
}
F32 F32::operator*(F32 other) const {
  return binary<arith::MulFOp>(*this, other);
}
F32 F32::operator/(F32 other) const {
  return binary<arith::DivFOp>(*this, other);
}
F32 F32::operator-() const {
  return {*builder, arith::NegFOp::create(*builder, ssaValue)};
}

F32 flm::gpu::fma(F32 a, F32 b, F32 c) {
  VectorType type;
  for (F32 x : {a, b, c})
    if (vectorType(x))
      type = vectorType(x);
  return {a.d(), LLVM::FMAOp::create(a.d(), spread(a, type), spread(b, type),
                                     spread(c, type))};
}

F32 flm::gpu::sqrt(F32 x) {
  return {x.d(), LLVM::SqrtOp::create(x.d(), x.value())};
}

F32 flm::gpu::select(Value condition, F32 a, F32 b) {
  VectorType type = vectorType(a) ? vectorType(a) : vectorType(b);
  return {a.d(), arith::SelectOp::create(a.d(), condition, spread(a, type),
                                         spread(b, type))};
}

Value flm::gpu::greater(F32 a, F32 b) {
  return arith::CmpFOp::create(a.d(), arith::CmpFPredicate::OGT, a.value(),
                               b.value());
}

/// A function that exists for one number at a time.
static F32 approximate(StringRef function, F32 x) {
  DeviceBuilder &d = x.d();
  auto call = [&](Value number) {
    return LLVM::CallIntrinsicOp::create(
               d, d.getF32Type(),
               d.getStringAttr("llvm.nvvm." + function + ".approx.ftz.f"),
               ValueRange{number})
        .getResult(0);
  };
  VectorType type = vectorType(x);
  if (!type)
    return {d, call(x.value())};
  Value vector = LLVM::PoisonOp::create(d, type);
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    vector = LLVM::InsertElementOp::create(
        d, vector, call(d.element(x.value(), i)), d.constant(i).value());
  return {d, vector};
}

F32 flm::gpu::exp2(F32 x) { return approximate("ex2", x); }

F32 flm::gpu::log2(F32 x) { return approximate("lg2", x); }

F32 flm::gpu::reciprocal(F32 x) { return approximate("rcp", x); }

F32 flm::gpu::inverseSquareRoot(F32 x) { return approximate("rsqrt", x); }

F32 flm::gpu::sigmoid(F32 x) { return reciprocal(1.0 + exp2(x * -log2OfE)); }
