//===----------------------------------------------------------------------===//
// Gradients of keys and values: producer and consumers.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/HopperKeysGradient.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

HopperKeysGradient::HopperKeysGradient(DeviceBuilder &d,
                                       AttentionBackwardAttr attention)
    : HopperAttention(d, attention.getHeadDim(), attention.getCausal()),
      attention(attention), softmax(d, attention.getScale().getValueAsDouble()),
      keyTile(d, "key", {ownRows, headDim}, 1, plan),
      valueTile(d, "value", {ownRows, headDim}, 1, plan),
      queryRing(d, "query", {attention.stepRows(), headDim},
                attention.getStages(), plan),
      gradientRing(d, "gradient", {attention.stepRows(), headDim},
                   attention.getStages(), plan),
      lse2Offset(plan.place(attention.getStages() * termBytes(), 16)),
      deltaOffset(plan.place(attention.getStages() * termBytes(), 16)),
      padded(batch) {
  for (TileRing *ring : {&keyTile, &valueTile, &queryRing, &gradientRing})
    ring->placeBarriers(plan);
  assert(plan.bytes() == attention.sharedBytes() &&
         "the verifier counts other bytes than the kernel uses");
}

LLVM::LLVMFuncOp HopperKeysGradient::emit() {
  using Heads = AttentionCall::Heads;
  AttentionCall call(d, headDim);
  call.addRows("q", Access::Read, Heads::Query, queryRing.tile.rows, q);
  call.addRows("k", Access::Read, Heads::Key, keyTile.tile.rows, k);
  call.addRows("v", Access::Read, Heads::Key, valueTile.tile.rows, v);
  call.addRows("do", Access::Read, Heads::Query, gradientRing.tile.rows,
               gradient);
  call.addTerms("delta", Access::Read, call.paddedSeq(), delta);
  call.addTerms("lse2", Access::Read, call.paddedSeq(), lse2);
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
      {{&keyTile, 1},
       {&valueTile, 1},
       {&queryRing, consumers},
       {&gradientRing, consumers}},
      [&] { produce(); }, [&] { consume(); });
  return function;
}

SmallVector<Value> HopperKeysGradient::forEachStep(
    ValueRange initial,
    function_ref<SmallVector<Value>(Step, ValueRange)> body) {
  int64_t rows = attention.stepRows();
  // Queries before the block's first key do not see it.
  I32 begin = causal ? firstOwn : d.constant(0);
  I32 group = groupSize();
  RingPosition start = queryRing.start();
  SmallVector<Value> carried(initial);
  carried.append({start.slot.value(), start.parity.value()});
  SmallVector<Value> result = d.loop(
      head * group, head * group + group, d.constant(1), carried,
      [&](I32 queryHead, ValueRange ofHead) {
        return d.loop(begin, seq, d.constant(rows), ofHead,
                      [&](I32 first, ValueRange values) {
                        RingPosition at{d.i32(values.drop_back().back()),
                                        d.i32(values.back())};
                        SmallVector<Value> next =
                            body({queryHead, first, at}, values.drop_back(2));
                        RingPosition after = queryRing.next(at);
                        next.append({after.slot.value(), after.parity.value()});
                        return next;
                      });
      });
  result.truncate(initial.size());
  return result;
}

//===----------------------------------------------------------------------===//
// Producer
//===----------------------------------------------------------------------===//

void HopperKeysGradient::produce() {
  keyTile.load(keyTile.start(), rowsOf(k, head), firstOwn);
  valueTile.load(valueTile.start(), rowsOf(v, head), firstOwn);
  forEachStep(ValueRange(), [&](const Step &step, ValueRange) {
    load(queryRing, step, q, lse2, lse2Offset);
    load(gradientRing, step, gradient, delta, deltaOffset);
    return SmallVector<Value>();
  });
}

void HopperKeysGradient::load(TileRing &ring, const Step &step, Value rows,
                              Value terms, int64_t offset) {
  Value barrier =
      ring.load(step.at, rowsOf(rows, step.head), step.first, termBytes());
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
  keyTile.waitFull(keyTile.start());
  valueTile.waitFull(valueTile.start());
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
  storeRows(
      {{keyGradient, &keyTile, dk},
       {SmallVector<Value>(both.drop_front(headDim / 2)), &valueTile, dv}});
}

SmallVector<Value> HopperKeysGradient::addStep(const Step &step,
                                               ValueRange sums) {
  queryRing.waitFull(step.at);
  SmallVector<Value> scores =
      issueProduct(d, "fence scores", keyTile.rows64(consumer),
                   queryRing.overColumns(step.at));
  gradientRing.waitFull(step.at);
  SmallVector<Value> weightGradients =
      issueProduct(d, "fence gradients of weights", valueTile.rows64(consumer),
                   gradientRing.overColumns(step.at));

  waitForProducts(d, "wait for scores", 1);
  if (causal)
    scores = hideEarlierQueries(step, scores);
  SmallVector<Value> weights = combineWithTerms(
      scores, lse2Offset, step.at.slot,
      [&](unsigned i, Value term) { return softmax.weight(scores[i], term); });
  SmallVector<Value> valueGradient = issueProduct(
      d, "fence dv", packFragment(d, weights), gradientRing.overRows(step.at),
      sums.drop_front(headDim / 2));

  waitForProducts(d, "wait for gradients of weights", 1);
  SmallVector<Value> scoreGradients = combineWithTerms(
      weightGradients, deltaOffset, step.at.slot,
      [&](unsigned i, Value term) -> Value {
        Value difference = arith::SubFOp::create(d, weightGradients[i], term);
        return arith::MulFOp::create(d, weights[i], difference);
      });
  SmallVector<Value> result =
      issueProduct(d, "fence dk", packFragment(d, scoreGradients),
                   queryRing.overRows(step.at), sums.take_front(headDim / 2));
  waitForProducts(d, "wait for dv", 1);
  release(gradientRing, step.at);
  waitForProducts(d, "wait for dk", 0);
  release(queryRing, step.at);
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
