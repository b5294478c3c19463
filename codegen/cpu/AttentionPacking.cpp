//===----------------------------------------------------------------------===//
// Packing rows of heads, transposing keys, writing results back.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionPacking.h"
#include "codegen/cpu/AttentionMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flm::cpu;

void AttentionPacking::forRowVectors(
    function_ref<void(Index column, Value mask)> body) {
  int64_t rest = problem.headDim % e.lanes;
  int64_t whole = problem.headDim - rest;
  if (whole)
    e.loop(0, whole, e.lanes, [&](Value column) { body(column, Value()); });
  if (rest)
    body(whole, e.firstLanes(rest));
}

Value AttentionPacking::load(HeadRows from, Index row, Index column,
                             Value mask) {
  auto type = VectorType::get(e.lanes, problem.elementType);
  SmallVector<Value> at = {from.batch, e.index(row),
                           e.index(e.add(from.firstColumn, column))};
  Value vector;
  if (mask) {
    Value zero = arith::ConstantOp::create(e.builder, e.loc,
                                           e.builder.getZeroAttr(type));
    vector = vector::MaskedLoadOp::create(e.builder, e.loc, type, from.operand,
                                          at, mask, zero);
  } else {
    vector = vector::LoadOp::create(e.builder, e.loc, type, from.operand, at);
  }
  if (!problem.elementType.isF32())
    vector = arith::ExtFOp::create(e.builder, e.loc, e.vectorType, vector);
  return vector;
}

void AttentionPacking::store(Value vector, HeadRows to, Index row, Index column,
                             Value mask) {
  auto type = VectorType::get(e.lanes, problem.elementType);
  SmallVector<Value> at = {to.batch, e.index(row),
                           e.index(e.add(to.firstColumn, column))};
  if (!problem.elementType.isF32())
    vector = arith::TruncFOp::create(e.builder, e.loc, type, vector);
  if (mask)
    vector::MaskedStoreOp::create(e.builder, e.loc, to.operand, at, mask,
                                  vector);
  else
    vector::StoreOp::create(e.builder, e.loc, vector, to.operand, at);
}

void AttentionPacking::packRows(HeadRows from, Index first, Index count,
                                Index padded, Value to, float scale) {
  e.loop(0, count, 1, [&](Value row) {
    Index source = e.add(first, row);
    forRowVectors([&](Index column, Value mask) {
      Value vector = load(from, source, column, mask);
      if (scale != 1.0f)
        vector = e.mulf(vector, e.constant(scale));
      e.store(vector, to, {row, column});
    });
  });
  zeroRows(to, count, padded);
}

void AttentionPacking::unpackRows(Value from, Index row, Index count,
                                  HeadRows to, Index first, float scale) {
  e.loop(0, count, 1, [&](Value i) {
    Index source = e.add(row, i), target = e.add(first, i);
    forRowVectors([&](Index column, Value mask) {
      Value vector = e.load(from, {source, column});
      if (scale != 1.0f)
        vector = e.mulf(vector, e.constant(scale));
      store(vector, to, target, column, mask);
    });
  });
}

void AttentionPacking::transposePanel(Value from, Index row, Value to,
                                      Index panel) {
  e.loop(0, schedule.tileColumns, e.lanes, [&](Value j) {
    e.loop(0, schedule.depth, e.lanes, [&](Value d) {
      AttentionEmitter::Values square;
      for (int64_t i = 0; i < e.lanes; ++i)
        square.push_back(e.load(from, {e.add(e.add(row, j), i), d}));
      square = emitTranspose(e, std::move(square));
      for (int64_t i = 0; i < e.lanes; ++i)
        e.store(square[i], to, {panel, e.add(d, i), j});
    });
  });
}

void AttentionPacking::zeroRows(Value buffer, Index begin, Index end) {
  e.loop(begin, end, 1, [&](Value row) {
    e.loop(0, schedule.depth, e.lanes, [&](Value column) {
      e.store(e.constant(0.0f), buffer, {row, column});
    });
  });
}

Value AttentionPacking::dotRows(HeadRows a, Index rowOfA, Value b,
                                Index rowOfB) {
  auto addProduct = [&](Index column, Value mask, Value sum) {
    Value left = load(a, rowOfA, column, mask);
    return e.fma(left, e.load(b, {rowOfB, column}), sum);
  };
  int64_t rest = problem.headDim % e.lanes;
  int64_t whole = problem.headDim - rest;
  Value sum =
      e.loop(0, whole, e.lanes, {e.constant(0.0f)},
             [&](Value column, ValueRange carried) -> AttentionEmitter::Values {
               return {addProduct(column, Value(), carried[0])};
             })[0];
  if (rest)
    sum = addProduct(whole, e.firstLanes(rest), sum);
  return emitLaneSum(e, sum);
}
