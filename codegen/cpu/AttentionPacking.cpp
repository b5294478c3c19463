//===----------------------------------------------------------------------===//
// Packing rows of heads, transposing keys, writing results back.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionPacking.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flm::cpu;

//===-- One vector --------------------------------------------------------===//

void AttentionPacking::forRowVectors(
    function_ref<void(Index column, int64_t valid)> body) {
  int64_t rest = problem.headDim % b.lanes;
  int64_t whole = problem.headDim - rest;
  b.loop(whole, b.lanes, [&](Index column) { body(column, b.lanes); });
  if (rest)
    body(b.index(whole), rest);
}

Value AttentionPacking::load(const HeadRows &from, Index row, Index column,
                             int64_t valid) {
  Value vector =
      b.load(from.operand, {from.batch, row, from.firstColumn + column},
             b.lanes, valid);
  if (problem.elementType.isF32())
    return vector;
  return arith::ExtFOp::create(b, b.vectorType, vector);
}

void AttentionPacking::store(Value vector, const HeadRows &to, Index row,
                             Index column, int64_t valid) {
  if (problem.elementType.isBF16())
    vector = b.toBf16(vector);
  b.store(vector, to.operand, {to.batch, row, to.firstColumn + column}, valid);
}

Value AttentionPacking::dotRows(const HeadRows &operand, Value packed,
                                Index row) {
  auto addProduct = [&](Index column, int64_t valid, Value sum) {
    Value left = load(operand, row, column, valid);
    return b.fma(left, b.load(packed, {row, column}), sum);
  };
  int64_t rest = problem.headDim % b.lanes;
  Index whole = b.index(problem.headDim - rest);
  auto step = [&](Index column, ValueRange sum) -> AttentionBuilder::Values {
    return {addProduct(column, b.lanes, sum[0])};
  };
  Value sum = b.loop(b.index(0), whole, b.lanes, b.splat(0.0f), step)[0];
  if (rest)
    sum = addProduct(whole, rest, sum);
  return b.laneSum(sum);
}

//===-- Many rows ---------------------------------------------------------===//

void AttentionPacking::packRows(const HeadRows &from, Index first, Index count,
                                Index padded, Value to, float scale) {
  b.loop(count, 1, [&](Index row) {
    forRowVectors([&](Index column, int64_t valid) {
      Value vector = load(from, first + row, column, valid);
      if (scale != 1.0f)
        vector = b.mulf(vector, b.splat(scale));
      b.store(vector, to, {row, column});
    });
  });
  zeroRows(to, count, padded);
}

void AttentionPacking::unpackRows(Value from, Index count, const HeadRows &to,
                                  Index first, float scale) {
  b.loop(count, 1, [&](Index row) {
    forRowVectors([&](Index column, int64_t valid) {
      Value vector = b.load(from, {row, column});
      if (scale != 1.0f)
        vector = b.mulf(vector, b.splat(scale));
      store(vector, to, first + row, column, valid);
    });
  });
}

void AttentionPacking::transposePanel(Value from, Index row, Value to,
                                      Index panel) {
  b.loop(schedule.tileColumns, b.lanes, [&](Index j) {
    b.loop(schedule.depth, b.lanes, [&](Index d) {
      AttentionBuilder::Values square;
      for (int64_t i = 0; i < b.lanes; ++i)
        square.push_back(b.load(from, {row + j + i, d}));
      square = b.transpose(square);
      for (int64_t i = 0; i < b.lanes; ++i)
        b.store(square[i], to, {panel, d + i, j});
    });
  });
}

void AttentionPacking::zeroRows(Value buffer, Index begin, Index end) {
  b.loop(begin, end, 1, [&](Index row) {
    b.loop(schedule.depth, b.lanes, [&](Index column) {
      b.store(b.splat(0.0f), buffer, {row, column});
    });
  });
}
