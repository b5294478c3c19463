//===----------------------------------------------------------------------===//
// Arithmetic on native vectors of f32, 2^x, sums and maxima across lanes.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <numeric>

using namespace mlir;
using namespace flm::cpu;

AttentionBuilder::AttentionBuilder(OpBuilder &at, Location loc, int64_t lanes)
    : KernelBuilder(loc, at), lanes(lanes),
      vectorType(VectorType::get(lanes, at.getF32Type())) {}

AttentionBuilder::Values
AttentionBuilder::ifThenElse(Value condition, function_ref<Values()> then,
                             const Values &otherwise) {
  auto branch = scf::IfOp::create(
      *this, condition,
      [&](OpBuilder &, Location) { scf::YieldOp::create(*this, then()); },
      [&](OpBuilder &, Location) { scf::YieldOp::create(*this, otherwise); });
  return Values(branch.getResults());
}

Value AttentionBuilder::window(Value memref, Index row, Index column,
                               int64_t rows, int64_t columns) {
  OpFoldResult offsets[] = {row.value(), column.value()};
  OpFoldResult sizes[] = {getIndexAttr(rows), getIndexAttr(columns)};
  OpFoldResult strides[] = {getIndexAttr(1), getIndexAttr(1)};
  return memref::SubViewOp::create(*this, memref, offsets, sizes, strides);
}

void AttentionBuilder::storeScalar(Value vector, Value memref,
                                   ArrayRef<Index> indices) {
  Value scalar = vector::ExtractOp::create(*this, vector, int64_t(0));
  auto at = llvm::map_to_vector(indices, [](Index i) { return i.value(); });
  memref::StoreOp::create(*this, scalar, memref, at);
}

Value AttentionBuilder::splat(float value) {
  return arith::ConstantOp::create(*this,
                                   DenseElementsAttr::get(vectorType, value));
}

Value AttentionBuilder::addf(Value a, Value b) {
  return arith::AddFOp::create(*this, a, b);
}
Value AttentionBuilder::subf(Value a, Value b) {
  return arith::SubFOp::create(*this, a, b);
}
Value AttentionBuilder::mulf(Value a, Value b) {
  return arith::MulFOp::create(*this, a, b);
}
Value AttentionBuilder::divf(Value a, Value b) {
  return arith::DivFOp::create(*this, a, b);
}
Value AttentionBuilder::fma(Value a, Value b, Value c) {
  return vector::FMAOp::create(*this, a, b, c);
}
Value AttentionBuilder::maxf(Value a, Value b) {
  Value greater = arith::CmpFOp::create(*this, arith::CmpFPredicate::OGT, a, b);
  return arith::SelectOp::create(*this, greater, a, b);
}

//===-- Across lanes ------------------------------------------------------===//

/// Combines lanes at distance lanes/2, lanes/4, …, 1.
Value AttentionBuilder::combineLanes(
    Value x, function_ref<Value(Value, Value)> combine) {
  for (int64_t distance = lanes / 2; distance > 0; distance /= 2) {
    SmallVector<int64_t> partner(lanes);
    for (int64_t i = 0; i < lanes; ++i)
      partner[i] = i ^ distance;
    x = combine(x, vector::ShuffleOp::create(*this, x, x, partner));
  }
  return x;
}

Value AttentionBuilder::laneSum(Value x) {
  return combineLanes(x, [&](Value a, Value b) { return addf(a, b); });
}

Value AttentionBuilder::laneMax(Value x) {
  return combineLanes(x, [&](Value a, Value b) { return maxf(a, b); });
}

Value AttentionBuilder::keepLanes(Value x, int64_t first, Index count,
                                  Value otherwise) {
  SmallVector<int32_t> numbers(lanes);
  std::iota(numbers.begin(), numbers.end(), first);
  auto type = VectorType::get(lanes, getI32Type());
  Value lane = arith::ConstantOp::create(
      *this, DenseElementsAttr::get(type, ArrayRef(numbers)));
  Value limit = arith::IndexCastOp::create(*this, getI32Type(), count.value());
  Value kept = arith::CmpIOp::create(*this, arith::CmpIPredicate::ult, lane,
                                     broadcast(limit, lanes));
  return arith::SelectOp::create(*this, kept, x, otherwise);
}

//===-- Bits --------------------------------------------------------------===//

Value AttentionBuilder::integers(int32_t value) {
  return arith::ConstantOp::create(
      *this,
      DenseElementsAttr::get(VectorType::get(lanes, getI32Type()), value));
}

Value AttentionBuilder::toBf16(Value x) {
  auto bitsType = VectorType::get(lanes, getI32Type());
  Value bits = arith::BitcastOp::create(*this, bitsType, x);
  // Adding one less than half a unit, plus the unit's parity, carries into the
  // upper half exactly when rounding up is due.
  Value upper = arith::ShRUIOp::create(*this, bits, integers(16));
  Value odd = arith::AndIOp::create(*this, upper, integers(1));
  Value carried = arith::AddIOp::create(*this, bits, integers(0x7fff));
  carried = arith::AddIOp::create(*this, carried, odd);
  // Not so a NaN, which could carry over into something else.
  Value isNaN = arith::CmpFOp::create(*this, arith::CmpFPredicate::UNO, x, x);
  carried =
      arith::SelectOp::create(*this, isNaN, integers(0x7fc00000), carried);
  Value rounded = arith::ShRUIOp::create(*this, carried, integers(16));
  rounded = arith::TruncIOp::create(
      *this, VectorType::get(lanes, getIntegerType(16)), rounded);
  return arith::BitcastOp::create(*this, VectorType::get(lanes, getBF16Type()),
                                  rounded);
}

//===-- 2^x ---------------------------------------------------------------===//

// 2^x = 2^n 2^f with n = round(x), f in [-1/2, 1/2].
//
// Adding 1.5 * 2^23 + 127 rounds to an integer, and leaves n + 127 in the low
// bits of the sum: moved to the exponent field, they make 2^n without a
// conversion (which for a NaN would be undefined). A final multiplication,
// rather than an addition to the exponent bits, keeps a NaN a NaN.
Value AttentionBuilder::exp2(Value x) {
  // Minimax polynomial of 2^f (Remez, relative error 1.9e-9).
  constexpr float coefficients[] = {0x1.41d334p-13f,
                                    0x1.5f456ap-10f,
                                    0x1.3b2dbcp-7f,
                                    0x1.c6aed4p-5f,
                                    0x1.ebfbdap-3f,
                                    0x1.62e430p-1f,
                                    1.0f};

  x = maxf(splat(-127.0f), x); // in this order a NaN gets through
  Value shift = splat(0x1.8p23f + 127);
  Value shifted = addf(x, shift);
  Value n = subf(shifted, shift);
  Value f = subf(x, n);

  auto bitsType = VectorType::get(lanes, getI32Type());
  Value power = splat(coefficients[0]);
  for (float c : ArrayRef(coefficients).drop_front())
    power = fma(power, f, splat(c));

  // All other bits of the shift fall off at the left.
  Value bits = arith::BitcastOp::create(*this, bitsType, shifted);
  bits = arith::ShLIOp::create(*this, bits, integers(23));
  Value twoToN = arith::BitcastOp::create(*this, vectorType, bits);
  return mulf(power, twoToN);
}
