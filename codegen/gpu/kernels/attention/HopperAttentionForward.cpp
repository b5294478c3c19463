//===----------------------------------------------------------------------===//
// Flash attention on Hopper, forward: producer and consumers.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/HopperAttentionForward.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

/// Named barriers: 1 and 2 say whose turn it is.
static constexpr int64_t turnBarrier = 1;

HopperAttentionForward::HopperAttentionForward(DeviceBuilder &d,
                                               AttentionForwardAttr attention)
    : HopperAttention(d, attention.getHeadDim(), attention.getCausal()),
      attention(attention), softmax(d, attention.getScale().getValueAsDouble()),
      queryTile(d, "query", {attention.queries, headDim}, 1, 1, plan),
      keyRing(d, "key", {attention.keys, headDim}, 1, attention.getStages(),
              plan),
      valueRing(d, "value", {attention.keys, headDim}, 1, attention.getStages(),
                plan),
      steps(batch) {
  for (TileRing *ring : {&queryTile, &keyRing, &valueRing})
    ring->placeBarriers(plan);
  assert(plan.bytes() == attention.sharedBytes() &&
         "the verifier counts other bytes than the kernel uses");
}

LLVM::LLVMFuncOp HopperAttentionForward::emit() {
  using Heads = AttentionCall::Heads;
  AttentionCall call(d, headDim);
  call.addRows("q", Access::Read, Heads::Query, queryTile.tile.rows, q);
  call.addRows("k", Access::Read, Heads::Key, keyRing.tile.rows, k);
  call.addRows("v", Access::Read, Heads::Key, valueRing.tile.rows, v);
  call.addRows("o", Access::Write, Heads::Query, OutputBox::rows, o);
  call.addTerms("lse", Access::Write, call.seq(), logSumExp);
  LLVM::LLVMFuncOp function =
      call.begin(attention.symbolName(),
                 {threads,
                  plan.bytes(),
                  {call.seq().ceilDiv(ownRows), call.heads(), call.batch()}},
                 attention);
  // The last queries see the most keys: they go first.
  placeBlock(call, Heads::Query, /*lastFirst=*/true);
  steps = causal ? tile + 1 : tiles;
  run(
      {{&queryTile, 1}, {&keyRing, consumers}, {&valueRing, consumers}},
      [&] { produce(); }, [&] { consume(); });
  return function;
}

void HopperAttentionForward::produce() {
  I32 zero = d.constant(0);
  I32 keyHead = head / groupSize();
  TileRing::Source keys{"load key", rowsOf(k, keyHead)},
      values{"load value", rowsOf(v, keyHead)};
  queryTile.load(queryTile.start(), firstOwn,
                 {{"load query", rowsOf(q, head)}});
  // Keys run one step ahead of values, as they are used.
  RingPosition start = keyRing.start();
  keyRing.load(start, firstKey(zero), keys);
  d.loop(zero, steps, d.constant(1), {start.slot.value(), start.parity.value()},
         [&](I32 step, ValueRange carried) -> SmallVector<Value> {
           RingPosition at{d.i32(carried[0]), d.i32(carried[1])};
           RingPosition ahead = keyRing.next(at);
           d.ifThen(step + 1 < steps,
                    [&] { keyRing.load(ahead, firstKey(step + 1), keys); });
           valueRing.load(at, firstKey(step), values);
           return {ahead.slot.value(), ahead.parity.value()};
         });
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

void HopperAttentionForward::consume() {
  queryTile.waitFull(queryTile.start());
  // The first consumer goes first: the second says so, if there is a turn.
  d.ifThen(consumer == 1, [&] { passTurn(d.constant(1) < steps); });

  RingPosition start = keyRing.start();
  SmallVector<Value> scores = multiplyKeys(start);
  NVVM::WgmmaWaitGroupSyncOp::create(d, 0);
  release(keyRing, start);
  Softmax::Step begun =
      softmax.first(hideKeys(scores, firstKey(d.constant(0))));
  State state{SmallVector<Value>(headDim / 2, d.f32(0)), begun.weights,
              begun.state, keyRing.next(start), start};
  SmallVector<Value> result =
      d.loop(d.constant(1), steps, d.constant(1), flatten(state),
             [&](I32 index, ValueRange carried) {
               return flatten(step(index, unflatten(carried)));
             });
  state = unflatten(result);
  state.output = multiplyValues(state);
  NVVM::WgmmaWaitGroupSyncOp::create(d, 0);
  release(valueRing, state.valuesAt);
  storeResults(state);
}

HopperAttentionForward::State HopperAttentionForward::step(I32 index,
                                                           State state) {
  takeTurn();
  SmallVector<Value> scores = multiplyKeys(state.keysAt);
  SmallVector<Value> output = multiplyValues(state);
  // After its last step, the second consumer has nobody to wake.
  passTurn(arith::OrIOp::create(d, consumer == 0, index + 1 < steps));
  waitForProducts(d, "wait for scores", 1);
  release(keyRing, state.keysAt);
  Softmax::Step softmaxStep = softmax.next(scores, state.softmax);
  waitForProducts(d, "wait for output", 0);
  release(valueRing, state.valuesAt);
  return {softmax.scaleRows(output, softmaxStep.rescale), softmaxStep.weights,
          softmaxStep.state, keyRing.next(state.keysAt),
          valueRing.next(state.valuesAt)};
}

SmallVector<Value> HopperAttentionForward::multiplyKeys(RingPosition at) {
  keyRing.waitFull(at);
  return issueProduct(d, "fence scores", queryTile.rows64(consumer),
                      keyRing.overColumns(at));
}

SmallVector<Value> HopperAttentionForward::multiplyValues(const State &state) {
  valueRing.waitFull(state.valuesAt);
  return issueProduct(d, "fence output", state.weights,
                      valueRing.overRows(state.valuesAt), state.output);
}

void HopperAttentionForward::takeTurn() {
  DeviceBuilder::Named name(d, "take turn");
  namedBarrier(d, consumer + turnBarrier, 2 * groupThreads);
}

void HopperAttentionForward::passTurn(Value condition) {
  DeviceBuilder::Named name(d, "pass turn");
  d.ifThen(condition, [&] {
    I32 other = d.constant(turnBarrier + 1) - consumer;
    NVVM::BarrierArriveOp::create(d, other.value(),
                                  d.constant(2 * groupThreads).value());
  });
}

void HopperAttentionForward::storeResults(const State &state) {
  Softmax::Result result = softmax.finish(state.softmax);
  // This consumer's queries are no longer needed: their boxes take the output.
  storeRows({{softmax.scaleRows(state.output, result.inverse),
              queryTile.offsetOf(0), o}});
  // One lane of each quad knows its two rows.
  d.ifThen((thread & 3) == 0, [&] {
    for (int64_t h : {0, 1}) {
      I32 query = row + h * 8;
      d.ifThen(query < seq, [&] {
        DeviceBuilder::Named name(d, "store lse");
        Value address = d.globalElement(logSumExp, d.getF32Type(),
                                        batchIndex * heads + head, seq, query);
        d.store(result.logSumExp[h], address, 4);
      });
    }
  });
}

SmallVector<Value> HopperAttentionForward::flatten(const State &state) {
  SmallVector<Value> values(state.output);
  llvm::append_range(values, state.weights);
  llvm::append_range(values, state.softmax.maximum);
  llvm::append_range(values, state.softmax.sum);
  for (RingPosition at : {state.keysAt, state.valuesAt})
    values.append({at.slot.value(), at.parity.value()});
  return values;
}

HopperAttentionForward::State
HopperAttentionForward::unflatten(ValueRange values) {
  auto take = [&](size_t count) {
    ValueRange taken = values.take_front(count);
    values = values.drop_front(count);
    return SmallVector<Value>(taken);
  };
  SmallVector<Value> output = take(headDim / 2);
  SmallVector<Value> weights = take(attention.keys / 4);
  SmallVector<Value> maximum = take(2), sum = take(2);
  SmallVector<Value> keysAt = take(2), valuesAt = take(2);
  return {output,
          weights,
          {{maximum[0], maximum[1]}, {sum[0], sum[1]}},
          {d.i32(keysAt[0]), d.i32(keysAt[1])},
          {d.i32(valuesAt[0]), d.i32(valuesAt[1])}};
}
