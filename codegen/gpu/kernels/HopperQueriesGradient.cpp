//===----------------------------------------------------------------------===//
// Gradient of queries: producer and consumers.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/HopperQueriesGradient.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flm::gpu;

HopperQueriesGradient::HopperQueriesGradient(DeviceBuilder &d,
                                             AttentionBackwardAttr attention)
    : HopperAttention(d, attention.getHeadDim(), attention.getCausal()),
      attention(attention), softmax(d, attention.getScale().getValueAsDouble()),
      queryTile(d, "query", {ownRows, headDim}, 1, plan),
      gradientTile(d, "gradient", {ownRows, headDim}, 1, plan),
      keyRing(d, "key", {attention.stepRows(), headDim}, attention.getStages(),
              plan),
      valueRing(d, "value", {attention.stepRows(), headDim},
                attention.getStages(), plan),
      padded(batch) {
  for (TileRing *ring : {&queryTile, &gradientTile, &keyRing, &valueRing})
    ring->placeBarriers(plan);
  assert(plan.bytes() == attention.sharedBytes() &&
         "the verifier counts other bytes than the kernel uses");
}

LLVM::LLVMFuncOp HopperQueriesGradient::emit() {
  using Heads = AttentionCall::Heads;
  AttentionCall call(d, headDim);
  call.addRows("q", Access::Read, Heads::Query, queryTile.tile.rows, q);
  call.addRows("k", Access::Read, Heads::Key, keyRing.tile.rows, k);
  call.addRows("v", Access::Read, Heads::Key, valueRing.tile.rows, v);
  call.addRows("do", Access::Read, Heads::Query, gradientTile.tile.rows,
               gradient);
  call.addTerms("delta", Access::Read, call.paddedSeq(), delta);
  call.addTerms("lse2", Access::Read, call.paddedSeq(), lse2);
  call.addRows("dq", Access::Write, Heads::Query, OutputBox::rows, dq);
  LLVM::LLVMFuncOp function =
      call.begin(attention.symbolName(),
                 {threads,
                  plan.bytes(),
                  {call.seq().ceilDiv(ownRows), call.heads(), call.batch()}},
                 attention);
  // The last queries see the most keys: they go first.
  placeBlock(call, Heads::Query, /*lastFirst=*/true);
  padded = call.sizes().paddedSeq();
  run(
      {{&queryTile, 1},
       {&gradientTile, 1},
       {&keyRing, consumers},
       {&valueRing, consumers}},
      [&] { produce(); }, [&] { consume(); });
  return function;
}

SmallVector<Value> HopperQueriesGradient::forEachStep(
    ValueRange initial,
    function_ref<SmallVector<Value>(Step, ValueRange)> body) {
  assert(attention.stepRows() == ownRows && "a step ends with a block's rows");
  I32 steps = causal ? tile + 1 : tiles;
  RingPosition start = keyRing.start();
  SmallVector<Value> carried(initial);
  carried.append({start.slot.value(), start.parity.value()});
  SmallVector<Value> result = d.loop(
      d.constant(0), steps, d.constant(1), carried,
      [&](I32 index, ValueRange values) {
        RingPosition at{d.i32(values.drop_back().back()), d.i32(values.back())};
        Step step{index, (steps - 1 - index) * ownRows, at};
        SmallVector<Value> next = body(step, values.drop_back(2));
        RingPosition after = keyRing.next(at);
        next.append({after.slot.value(), after.parity.value()});
        return next;
      });
  result.truncate(initial.size());
  return result;
}

void HopperQueriesGradient::produce() {
  queryTile.load(queryTile.start(), rowsOf(q, head), firstOwn);
  gradientTile.load(gradientTile.start(), rowsOf(gradient, head), firstOwn);
  I32 keyHead = head / groupSize();
  TensorMatrix keys = rowsOf(k, keyHead), values = rowsOf(v, keyHead);
  forEachStep(ValueRange(), [&](const Step &step, ValueRange) {
    keyRing.load(step.at, keys, step.firstKey);
    valueRing.load(step.at, values, step.firstKey);
    return SmallVector<Value>();
  });
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

std::array<Value, 2> HopperQueriesGradient::loadTerms(Value terms) {
  std::array<Value, 2> result;
  // Padded, so that every row of the tile has them.
  for (int64_t h : {0, 1})
    result[h] =
        d.load(d.getF32Type(),
               d.globalElement(terms, d.getF32Type(), batchIndex * heads + head,
                               padded, row + h * 8),
               4);
  return result;
}

void HopperQueriesGradient::consume() {
  rowDelta = loadTerms(delta);
  rowLse2 = loadTerms(lse2);
  queryTile.waitFull(queryTile.start());
  gradientTile.waitFull(gradientTile.start());
  SmallVector<Value> zeros(headDim / 2, d.f32(0));
  SmallVector<Value> sums =
      forEachStep(zeros, [&](const Step &step, ValueRange carried) {
        return addStep(step, carried);
      });
  Value scale = d.f32(attention.getScale().getValueAsDouble());
  // This consumer no longer reads its queries.
  storeRows({{softmax.scaleRows(sums, {scale, scale}), &queryTile, dq}});
}

SmallVector<Value> HopperQueriesGradient::addStep(const Step &step,
                                                  ValueRange sums) {
  RingPosition at = step.at;
  keyRing.waitFull(at);
  SmallVector<Value> scores = issueProduct(
      d, "fence scores", queryTile.rows64(consumer), keyRing.overColumns(at));
  valueRing.waitFull(at);
  SmallVector<Value> gradients =
      issueProduct(d, "fence gradients of weights",
                   gradientTile.rows64(consumer), valueRing.overColumns(at));

  waitForProducts(d, "wait for scores", 1);
  // Only the last keys are hidden from some queries, or beyond the sequence.
  scores = d.choose(
      step.index == 0, [&] { return hideKeys(scores, step.firstKey); },
      [&] { return scores; });
  SmallVector<Value> weights;
  for (auto [i, score] : llvm::enumerate(scores))
    weights.push_back(softmax.weight(score, rowLse2[i / 2 % 2]));

  waitForProducts(d, "wait for gradients of weights", 0);
  release(valueRing, at);
  for (auto [i, gradient] : llvm::enumerate(gradients)) {
    Value difference = arith::SubFOp::create(d, gradient, rowDelta[i / 2 % 2]);
    gradient = arith::MulFOp::create(d, weights[i], difference);
  }
  SmallVector<Value> result = issueProduct(
      d, "fence dq", packFragment(d, gradients), keyRing.overRows(at), sums);
  waitForProducts(d, "wait for dq", 0);
  release(keyRing, at);
  return result;
}
