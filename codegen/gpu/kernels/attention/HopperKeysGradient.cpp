//===----------------------------------------------------------------------===//
// Gradients of keys and values: producer and consumers.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/HopperKeysGradient.h"

using namespace mlir;
using namespace flm::gpu;

/// The tiles of the block, and those of a step.
static constexpr int64_t keyTile = 0, valueTile = 1;
static constexpr int64_t queryTile = 0, gradientTile = 1;

HopperKeysGradient::HopperKeysGradient(DeviceBuilder &d,
                                       AttentionBackwardAttr attention)
    : HopperGradient(d, attention),
      lse2Offset(plan.place(attention.getStages() * termBytes(), 16)),
      deltaOffset(plan.place(attention.getStages() * termBytes(), 16)),
      padded(batch) {
  placeBarriers();
}

LLVM::LLVMFuncOp HopperKeysGradient::emit() {
  using Heads = AttentionCall::Heads;
  AttentionCall call(d, headDim);
  addInputs(call, stepRing.tile.rows, ownRows);
  call.addRows("dk", Access::Write, Heads::Key, OutputBox::rows, dk);
  call.addRows("dv", Access::Write, Heads::Key, OutputBox::rows, dv);
  LLVM::LLVMFuncOp function =
      call.begin(attention.symbolName(),
                 {threads,
                  plan.bytes(),
                  {call.seq().ceilDiv(ownRows), call.keyHeads(), call.batch()}},
                 attention);
  // The first keys are seen by the most queries: they go first.
  placeBlock(call, Heads::Key, /*lastFirst=*/false);
  padded = call.sizes().paddedSeq();
  run(
      {{&ownTiles, 1}, {&stepRing, consumers * groupWarps}}, [&] { produce(); },
      [&] { consume(); });
  return function;
}

SmallVector<Value> HopperKeysGradient::forEachStep(
    ValueRange initial,
    function_ref<SmallVector<Value>(Step, ValueRange)> body) {
  // Queries before the block's first key do not see it.
  I32 begin = causal ? firstOwn : d.constant(0);
  I32 group = groupSize();
  RingPosition start = stepRing.start();
  SmallVector<Value> carried(initial);
  carried.append({start.slot.value(), start.parity.value()});
  SmallVector<Value> result = d.loop(
      head * group, head * group + group, d.constant(1), carried,
      [&](I32 queryHead, ValueRange values) {
        RingPosition at{d.i32(values.drop_back().back()), d.i32(values.back())};
        SmallVector<Value> next = stepRing.forEach(
            at, begin, seq, attention.stepRows(), values.drop_back(2),
            [&](I32 first, RingPosition here, ValueRange sums) {
              return body({queryHead, first, here}, sums);
            });
        next.append({at.slot.value(), at.parity.value()});
        return next;
      });
  result.truncate(initial.size());
  return result;
}

//===----------------------------------------------------------------------===//
// Producer
//===----------------------------------------------------------------------===//

void HopperKeysGradient::produce() {
  ownTiles.load(
      ownTiles.start(), firstOwn,
      {{"load key", rowsOf(k, head)}, {"load value", rowsOf(v, head)}});
  forEachStep(ValueRange(), [&](const Step &step, ValueRange) {
    Value barrier =
        stepRing.load(step.at, step.first,
                      {{"load query", rowsOf(q, step.head)},
                       {"load gradient", rowsOf(gradient, step.head)}},
                      2 * termBytes());
    loadTerms(step, lse2, lse2Offset, barrier);
    loadTerms(step, delta, deltaOffset, barrier);
    return SmallVector<Value>();
  });
}

void HopperKeysGradient::loadTerms(const Step &step, Value terms,
                                   int64_t offset, Value barrier) {
  DeviceBuilder::Named name(d, "load row terms");
  Value source =
      d.globalElement(terms, d.getF32Type(), batchIndex * heads + step.head,
                      padded, step.first);
  loadBytes(d, source, step.at.slot * termBytes() + offset, termBytes(),
            barrier);
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

void HopperKeysGradient::consume() {
  ownTiles.waitFull(ownTiles.start());
  SmallVector<Value> zeros(headDim, d.f32(0));
  SmallVector<Value> sums =
      forEachStep(zeros, [&](const Step &step, ValueRange carried) {
        return addStep(step, carried);
      });
  ValueRange both(sums);
  Value scale = d.f32(attention.getScale().getValueAsDouble());
  SmallVector<Value> keyGradient =
      softmax.scaleRows(both.take_front(headDim / 2), {scale, scale});
  // This consumer no longer reads its keys and values.
  storeRows({{keyGradient, ownTiles.offsetOf(keyTile), dk},
             {SmallVector<Value>(both.drop_front(headDim / 2)),
              ownTiles.offsetOf(valueTile), dv}});
}

SmallVector<Value> HopperKeysGradient::addStep(const Step &step,
                                               ValueRange sums) {
  stepRing.waitFull(step.at);
  SmallVector<Value> scores =
      issueProduct(d, "fence scores", ownTiles.rows64(consumer, keyTile),
                   stepRing.overColumns(step.at, queryTile));
  SmallVector<Value> weightGradients =
      issueProduct(d, "", ownTiles.rows64(consumer, valueTile),
                   stepRing.overColumns(step.at, gradientTile));

  waitForProducts(d, "wait for scores", 1);
  if (causal)
    scores = hideEarlierQueries(step, scores);
  SmallVector<Value> weights = combineWithTerms(
      scores, lse2Offset, step.at.slot,
      [&](unsigned i, Value term) { return softmax.weight(scores[i], term); });
  SmallVector<Value> valueGradient = issueProduct(
      d, "fence dv", packFragment(d, weights),
      stepRing.overRows(step.at, gradientTile), sums.drop_front(headDim / 2));

  waitForProducts(d, "wait for gradients of weights", 1);
  SmallVector<Value> scoreGradients = combineWithTerms(
      weightGradients, deltaOffset, step.at.slot, [&](unsigned i, Value term) {
        return softmax.scoreGradient(weights[i], weightGradients[i], term);
      });
  SmallVector<Value> result = issueProduct(
      d, "fence dk", packFragment(d, scoreGradients),
      stepRing.overRows(step.at, queryTile), sums.take_front(headDim / 2));
  waitForProducts(d, "wait for sums", 0);
  releaseByWarp(stepRing, step.at);
  result.append(valueGradient);
  return result;
}

SmallVector<Value> HopperKeysGradient::hideEarlierQueries(const Step &step,
                                                          ValueRange scores) {
  // Later tiles of queries see all keys of the block.
  return d.choose(
      step.first < firstOwn + ownRows,
      [&] {
        return keepWhere(scores, [&](I32 key, I32 column) -> Value {
          return key < step.first + column + 1;
        });
      },
      [&] { return SmallVector<Value>(scores); });
}

SmallVector<Value> HopperKeysGradient::combineWithTerms(
    ValueRange fragment, int64_t offset, I32 slot,
    function_ref<Value(unsigned, Value)> combine) {
  SmallVector<Value> result(fragment.size());
  auto pair = VectorType::get({2}, d.getF32Type());
  I32 base = d.opaque(slot) * termBytes() + (thread & 3) * 8 + offset;
  // Elements 4 * j + 2 * h + e are of query 8 * j + 2 * (thread % 4) + e.
  for (unsigned group = 0; group < fragment.size(); group += 4) {
    Value terms = d.load(pair, d.shared(base + group * 8), 8);
    for (unsigned i : llvm::seq(group, group + 4))
      result[i] = combine(i, d.element(terms, i % 2));
  }
  return result;
}
