//===----------------------------------------------------------------------===//
// Arithmetic on f32 under construction.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Real.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace flm::cpu {

Real constant(ImplicitLocOpBuilder &b, Type type, double number) {
  TypedAttr attr = b.getFloatAttr(getElementTypeOrSelf(type), number);
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, ArrayRef<Attribute>(attr));
  return Real(b, arith::ConstantOp::create(b, attr));
}

Real Real::same(double number) const {
  return constant(builder(), type(), number);
}

Real broadcast(Real x, int64_t lanes) {
  if (isa<VectorType>(x.type()))
    return x;
  auto type = VectorType::get(lanes, x.type());
  return Real(x.builder(),
              vector::BroadcastOp::create(x.builder(), type, x.value()));
}

/// Gives scalar and vector the same shape.
static void matchShapes(Real &a, Real &b) {
  auto aVector = dyn_cast<VectorType>(a.type());
  auto bVector = dyn_cast<VectorType>(b.type());
  if (aVector && !bVector)
    b = broadcast(b, aVector.getDimSize(0));
  else if (bVector && !aVector)
    a = broadcast(a, bVector.getDimSize(0));
}

template <typename Op> static Real binary(Real a, Real b) {
  matchShapes(a, b);
  return Real(a.builder(), Op::create(a.builder(), a.value(), b.value()));
}

template <typename Op> static Real unary(Real x) {
  return Real(x.builder(), Op::create(x.builder(), x.value()));
}

Real operator+(Real a, Real b) { return binary<arith::AddFOp>(a, b); }
Real operator-(Real a, Real b) { return binary<arith::SubFOp>(a, b); }
Real operator*(Real a, Real b) { return binary<arith::MulFOp>(a, b); }
Real operator/(Real a, Real b) { return binary<arith::DivFOp>(a, b); }

Real mulAdd(Real a, Real b, Real c) {
  matchShapes(a, b);
  matchShapes(a, c);
  matchShapes(a, b); // `a` and `b` were scalars, `c` is a vector
  return Real(a.builder(), math::FmaOp::create(a.builder(), a.value(),
                                               b.value(), c.value()));
}

Real negate(Real x) { return unary<arith::NegFOp>(x); }
Real abs(Real x) { return unary<math::AbsFOp>(x); }
Real sqrt(Real x) { return unary<math::SqrtOp>(x); }
Real log(Real x) { return unary<math::LogOp>(x); }

Real sigmoid(Real x) { return 1.0 / (1.0 + exp(negate(x))); }

Value greater(Real a, Real b) {
  matchShapes(a, b);
  return arith::CmpFOp::create(a.builder(), arith::CmpFPredicate::OGT,
                               a.value(), b.value());
}

Real select(Value condition, Real ifTrue, Real ifFalse) {
  matchShapes(ifTrue, ifFalse);
  ImplicitLocOpBuilder &b = ifTrue.builder();
  return Real(b, arith::SelectOp::create(b, condition, ifTrue.value(),
                                         ifFalse.value()));
}

Real max(Real a, Real b) { return select(greater(a, b), a, b); }

Real convert(Real x, Type elementType) {
  Type from = getElementTypeOrSelf(x.type());
  if (from == elementType)
    return x;
  Type to = elementType;
  if (auto vector = dyn_cast<VectorType>(x.type()))
    to = vector.clone(elementType);
  ImplicitLocOpBuilder &b = x.builder();
  if (from.getIntOrFloatBitWidth() < elementType.getIntOrFloatBitWidth())
    return Real(b, arith::ExtFOp::create(b, TypeRange(to), x.value()));
  return Real(b, arith::TruncFOp::create(b, to, x.value()));
}

} // namespace flm::cpu
