//===----------------------------------------------------------------------===//
// exp of f32, within 1 unit in the last place where the result is normal.
//
// Softmax, cross entropy and silu live on it; the upstream approximation of
// math.exp is off by up to 5 units.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Real.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

#include <limits>

using namespace mlir;

namespace flm::cpu {

static Value bitsOf(Real x) {
  ImplicitLocOpBuilder &b = x.builder();
  Type type = b.getI32Type();
  if (auto vector = dyn_cast<VectorType>(x.type()))
    type = vector.clone(type);
  return arith::BitcastOp::create(b, type, x.value());
}

/// x * 2^n, where n is the integer part of `biased - roundingBias`; the product
/// must be a normal number.
static Real timesPowerOfTwo(Real x, Real biased) {
  ImplicitLocOpBuilder &b = x.builder();
  Value bits = bitsOf(biased);
  TypedAttr mantissaBits = b.getI32IntegerAttr(23);
  if (auto vector = dyn_cast<VectorType>(bits.getType()))
    mantissaBits = DenseElementsAttr::get(vector, int32_t(23));
  // The bias and all of n but its low bits fall off the upper end.
  Value exponent = arith::ShLIOp::create(
      b, bits, arith::ConstantOp::create(b, mantissaBits));
  Value product = arith::AddIOp::create(b, bitsOf(x), exponent);
  return Real(b, arith::BitcastOp::create(b, x.type(), product));
}

Real exp(Real x) {
  assert(getElementTypeOrSelf(x.type()).isF32() && "no other type is needed");
  // x = n ln 2 + r with |r| <= ln 2 / 2. Adding 1.5 * 2^23 rounds to an
  // integer, and leaves that integer in the low bits.
  const double roundingBias = 12582912;
  Real biased = mulAdd(x, x.same(1.44269504088896341), x.same(roundingBias));
  Real n = biased - x.same(roundingBias);
  // ln 2 in two parts: n times the upper one is exact even without an fma.
  Real r = mulAdd(n, x.same(-0.693359375), x);
  r = mulAdd(n, x.same(2.12194440e-4), r);

  // exp(r) = 1 + r + r^2 P(r), the polynomial of expf in Moshier's Cephes
  // library.
  Real p = x.same(1.9875691500e-4);
  for (double coefficient : {1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
                             1.6666665459e-1, 5.0000001201e-1})
    p = mulAdd(p, r, x.same(coefficient));
  Real result = timesPowerOfTwo(1.0 + mulAdd(p, r * r, r), biased);

  // Below 2^-126 the result is 0; above 2^128 it is infinite; NaN stays.
  const double smallest = -87.336, tooLarge = 88.72283935546875;
  Real beyond = std::numeric_limits<double>::infinity() + x;
  result = select(greater(x.same(tooLarge), x), result, beyond);
  return select(greater(x.same(smallest), x), x.same(0), result);
}

} // namespace flm::cpu
