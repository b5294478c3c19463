//===----------------------------------------------------------------------===//
// Gradient of queries: producer and consumers.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/HopperQueriesGradient.h"

using namespace mlir;
using namespace flm::gpu;

/// The tiles of the block, and those of a step.
static constexpr int64_t queryTile = 0, gradientTile = 1;
static constexpr int64_t keyTile = 0, valueTile = 1;

HopperQueriesGradient::HopperQueriesGradient(DeviceBuilder &d,
                                             AttentionBackwardAttr attention)
    : HopperGradient(d, attention), padded(batch) {
  placeBarriers();
}

LLVM::LLVMFuncOp HopperQueriesGradient::emit() {
  using Heads = AttentionCall::Heads;
  AttentionCall call(d, headDim);
  addInputs(call, ownRows, stepRing.tile.rows);
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
      {{&ownTiles, 1}, {&stepRing, consumers}}, [&] { produce(); },
      [&] { consume(); });
  return function;
}

SmallVector<Value> HopperQueriesGradient::forEachStep(
    ValueRange initial,
    function_ref<SmallVector<Value>(Step, ValueRange)> body) {
  assert(attention.stepRows() == ownRows && "a step ends with a block's rows");
  I32 steps = causal ? tile + 1 : tiles;
  RingPosition at = stepRing.start();
  return stepRing.forEach(
      at, d.constant(0), steps, 1, initial,
      [&](I32 index, RingPosition here, ValueRange sums) {
        return body({index, (steps - 1 - index) * ownRows, here}, sums);
      });
}

void HopperQueriesGradient::produce() {
  ownTiles.load(ownTiles.start(), firstOwn,
                {{"load query", rowsOf(q, head)},
                 {"load gradient", rowsOf(gradient, head)}});
  I32 keyHead = head / groupSize();
  TensorMatrix keys = rowsOf(k, keyHead), values = rowsOf(v, keyHead);
  forEachStep(ValueRange(), [&](const Step &step, ValueRange) {
    stepRing.load(step.at, step.firstKey,
                  {{"load key", keys}, {"load value", values}});
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
  ownTiles.waitFull(ownTiles.start());
  SmallVector<Value> zeros(headDim / 2, d.f32(0));
  SmallVector<Value> sums =
      forEachStep(zeros, [&](const Step &step, ValueRange carried) {
        return addStep(step, carried);
      });
  Value scale = d.f32(attention.getScale().getValueAsDouble());
  // This consumer no longer reads its queries.
  storeRows({{softmax.scaleRows(sums, {scale, scale}),
              ownTiles.offsetOf(queryTile), dq}});
}

SmallVector<Value> HopperQueriesGradient::addStep(const Step &step,
                                                  ValueRange sums) {
  stepRing.waitFull(step.at);
  SmallVector<Value> scores =
      issueProduct(d, "fence scores", ownTiles.rows64(consumer, queryTile),
                   stepRing.overColumns(step.at, keyTile));
  SmallVector<Value> gradients =
      issueProduct(d, "", ownTiles.rows64(consumer, gradientTile),
                   stepRing.overColumns(step.at, valueTile));

  waitForProducts(d, "wait for scores", 1);
  // Only the last keys are hidden from some queries, or beyond the sequence.
  scores = d.choose(
      step.index == 0, [&] { return hideKeys(scores, step.firstKey); },
      [&] { return scores; });
  SmallVector<Value> weights;
  for (auto [i, score] : llvm::enumerate(scores))
    weights.push_back(softmax.weight(score, rowLse2[i / 2 % 2]));

  waitForProducts(d, "wait for gradients of weights", 0);
  for (auto [i, gradient] : llvm::enumerate(gradients))
    gradient = softmax.scoreGradient(weights[i], gradient, rowDelta[i / 2 % 2]);
  SmallVector<Value> result =
      issueProduct(d, "fence dq", packFragment(d, gradients),
                   stepRing.overRows(step.at, keyTile), sums);
  waitForProducts(d, "wait for sums", 0);
  release(stepRing, step.at);
  return result;
}
