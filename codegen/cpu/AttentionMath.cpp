//===----------------------------------------------------------------------===//
// Vector arithmetic of attention: 2^x, sums and maxima across lanes, transpose.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flm::cpu;

using Values = AttentionEmitter::Values;

// 2^x = 2^n 2^f with n = round(x), f in [-1/2, 1/2].
//
// Adding 1.5 * 2^23 rounds to an integer, which is then in the low bits of the
// sum: moved to the exponent field, it makes 2^n without a conversion (which
// for a NaN would be undefined). A final multiplication, rather than an
// addition to the exponent bits, keeps a NaN a NaN.
Value flm::cpu::emitExp2(AttentionEmitter &e, Value x) {
  // Minimax polynomial of 2^f (Remez, relative error 1.9e-9).
  constexpr float coefficients[] = {0x1.41d334p-13f,
                                    0x1.5f456ap-10f,
                                    0x1.3b2dbcp-7f,
                                    0x1.c6aed4p-5f,
                                    0x1.ebfbdap-3f,
                                    0x1.62e430p-1f,
                                    1.0f};
  constexpr float roundingShift = 0x1.8p23f;

  x = e.maxf(e.constant(-127.0f), x); // in this order a NaN gets through
  Value shift = e.constant(roundingShift);
  Value shifted = e.addf(x, shift);
  Value n = e.subf(shifted, shift);
  Value f = e.subf(x, n);

  Value power = e.constant(coefficients[0]);
  for (float c : ArrayRef(coefficients).drop_front())
    power = e.fma(power, f, e.constant(c));

  auto i32Vector = VectorType::get(e.lanes, e.builder.getI32Type());
  auto integers = [&](int32_t value) -> Value {
    return arith::ConstantOp::create(e.builder, e.loc,
                                     DenseElementsAttr::get(i32Vector, value));
  };
  // The exponent's bias; all other bits of the shift fall off at the left.
  Value bits = arith::BitcastOp::create(e.builder, e.loc, i32Vector, shifted);
  bits = arith::AddIOp::create(e.builder, e.loc, bits, integers(127));
  bits = arith::ShLIOp::create(e.builder, e.loc, bits, integers(23));
  Value twoToN = arith::BitcastOp::create(e.builder, e.loc, e.vectorType, bits);
  return e.mulf(power, twoToN);
}

/// Combines lanes at distance lanes/2, lanes/4, …, 1.
static Value combineLanes(AttentionEmitter &e, Value x,
                          function_ref<Value(Value, Value)> combine) {
  for (int64_t distance = e.lanes / 2; distance > 0; distance /= 2) {
    SmallVector<int64_t> partner(e.lanes);
    for (int64_t i = 0; i < e.lanes; ++i)
      partner[i] = i ^ distance;
    x = combine(x, vector::ShuffleOp::create(e.builder, e.loc, x, x, partner));
  }
  return x;
}

Value flm::cpu::emitLaneSum(AttentionEmitter &e, Value x) {
  return combineLanes(e, x, [&](Value a, Value b) { return e.addf(a, b); });
}

Value flm::cpu::emitLaneMax(AttentionEmitter &e, Value x) {
  return combineLanes(e, x, [&](Value a, Value b) { return e.maxf(a, b); });
}

// Number the elements by the bits of (row, column). Interleaving the lower and
// the upper half of the rows rotates that bit string by one place; after
// log2(lanes) rotations rows and columns have changed places.
Values flm::cpu::emitTranspose(AttentionEmitter &e, Values rows) {
  int64_t half = e.lanes / 2;
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < half; ++i) {
    low.append({i, e.lanes + i});
    high.append({half + i, e.lanes + half + i});
  }
  for (int64_t stage = 1; stage < e.lanes; stage *= 2) {
    Values next;
    for (int64_t i = 0; i < half; ++i)
      for (const auto &mask : {low, high})
        next.push_back(vector::ShuffleOp::create(e.builder, e.loc, rows[i],
                                                 rows[half + i], mask));
    rows = std::move(next);
  }
  return rows;
}
