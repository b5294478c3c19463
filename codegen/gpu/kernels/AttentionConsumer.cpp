//===----------------------------------------------------------------------===//
// Flash attention, forward: what each consumer warpgroup does.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/Attention.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <limits>

using namespace mlir;
using namespace flm::gpu;

/// Named barriers: 1 and 2 say whose turn it is, 3 and 4 are each consumer's
/// own.
static constexpr int64_t turnBarrier = 1, ownBarrier = 3;
static constexpr int64_t groupThreads = 128;

void HopperAttentionForward::consume() {
  NVVM::SetMaxRegisterOp::create(d, 240, NVVM::SetMaxRegisterAction::increase);
  consumer = d.warpUniform(d.threadIndex() >> 7) - 1;
  thread = d.threadIndex() & (groupThreads - 1);
  row = firstQuery + consumer * 64 + (thread >> 5) * 16 + ((thread & 31) >> 2);

  queryRing.waitFull(queryRing.start());
  // The first consumer goes first: the second says so, if there is a turn.
  d.ifThen(consumer == 1, [&] { passTurn(d.constant(1) < steps); });

  RingPosition start = keyRing.start();
  SmallVector<Value> scores = multiplyKeys(start);
  NVVM::WgmmaWaitGroupSyncOp::create(d, 0);
  release(keyRing, start);
  Softmax::Step begun = softmax.first(mask(scores));
  State state{SmallVector<Value>(headDim / 2, d.f32(0)), begun.weights,
              begun.state, keyRing.next(start), start};
  SmallVector<Value> result =
      d.loop(d.constant(1), steps, d.constant(1), flatten(state),
             [&](I32 index, ValueRange carried) {
               return flatten(step(index, unflatten(carried)));
             });
  state = unflatten(result);
  state.output = multiplyValues(state.valuesAt, state.weights, state.output);
  NVVM::WgmmaWaitGroupSyncOp::create(d, 0);
  release(valueRing, state.valuesAt);
  storeOutput(state);
}

HopperAttentionForward::State HopperAttentionForward::step(I32 index,
                                                           State state) {
  takeTurn();
  SmallVector<Value> scores = multiplyKeys(state.keysAt);
  SmallVector<Value> output =
      multiplyValues(state.valuesAt, state.weights, state.output);
  // After its last step, the second consumer has nobody to wake.
  passTurn(arith::OrIOp::create(d, consumer == 0, index + 1 < steps));
  {
    DeviceBuilder::Named name(d, "wait for scores");
    NVVM::WgmmaWaitGroupSyncOp::create(d, 1);
  }
  release(keyRing, state.keysAt);
  Softmax::Step softmaxStep = softmax.next(scores, state.softmax);
  {
    DeviceBuilder::Named name(d, "wait for output");
    NVVM::WgmmaWaitGroupSyncOp::create(d, 0);
  }
  release(valueRing, state.valuesAt);
  return {softmax.scaleRows(output, softmaxStep.rescale), softmaxStep.weights,
          softmaxStep.state, keyRing.next(state.keysAt),
          valueRing.next(state.valuesAt)};
}

SmallVector<Value> HopperAttentionForward::multiplyKeys(RingPosition at) {
  keyRing.waitFull(at);
  MatrixDescriptor queries =
      queryTile.descriptor(d, consumer * queryTile.outerStep() + queryOffset);
  MatrixDescriptor keys = keyTile.descriptor(d, d.constant(keysOffset)) +
                          d.opaque(at.slot) * attention.tileBytes();
  {
    DeviceBuilder::Named name(d, "fence scores");
    NVVM::WgmmaFenceAlignedOp::create(d);
  }
  SmallVector<Value> scores;
  for (int64_t depth = 0; depth < headDim; depth += wgmmaDepth)
    scores = SmallVector<Value>(
        WgmmaOp::create(d, (queries + queryTile.depthOffset(depth)).value(),
                        (keys + keyTile.depthOffset(depth)).value(), scores,
                        attention.keys, false, false)
            .getResults());
  NVVM::WgmmaGroupSyncAlignedOp::create(d);
  return scores;
}

SmallVector<Value> HopperAttentionForward::multiplyValues(RingPosition at,
                                                          ValueRange weights,
                                                          ValueRange output) {
  valueRing.waitFull(at);
  MatrixDescriptor values = valueTile.descriptor(d, d.constant(valuesOffset)) +
                            d.opaque(at.slot) * attention.tileBytes();
  {
    DeviceBuilder::Named name(d, "fence output");
    NVVM::WgmmaFenceAlignedOp::create(d);
  }
  SmallVector<Value> next(output);
  for (int64_t depth = 0; depth < attention.keys; depth += wgmmaDepth)
    next = SmallVector<Value>(
        WgmmaOp::create(d, weights.slice(depth / 4, 4),
                        (values + valueTile.depthOffset(depth)).value(), next,
                        headDim, false, valueTile.transposed)
            .getResults());
  NVVM::WgmmaGroupSyncAlignedOp::create(d);
  return next;
}

SmallVector<Value> HopperAttentionForward::mask(ValueRange scores) {
  Value hidden = d.f32(-std::numeric_limits<double>::infinity());
  I32 firstColumn = firstKey(d.constant(0)) + (thread & 3) * 2;
  SmallVector<Value> result;
  for (auto [i, score] : llvm::enumerate(scores)) {
    I32 column = firstColumn + (i / 4 * 8 + i % 2);
    I32 end = seq;
    // Its own position is the last that a query sees.
    if (attention.getCausal())
      end = d.min(end, row + (i / 2 % 2 * 8 + 1));
    result.push_back(
        arith::SelectOp::create(d, column < end, score, hidden).getResult());
  }
  return result;
}

void HopperAttentionForward::release(StageRing &ring, RingPosition at) {
  d.ifThen(thread == 0, [&] { ring.release(at); });
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

void HopperAttentionForward::storeOutput(State state) {
  Softmax::Result result = softmax.finish(state.softmax);
  SmallVector<Value> output = softmax.scaleRows(state.output, result.inverse);
  // This consumer's queries are no longer needed: their boxes take the output.
  OutputBox box{d.getBF16Type()};
  int64_t perBox = box.columns() / 2, boxes = headDim / box.columns();
  auto offsetOf = [&](int64_t index) {
    return consumer * OutputBox::bytes +
           (queryOffset + index * attention.queries * boxRowBytes);
  };
  for (int64_t index = 0; index < boxes; ++index)
    box.write(d, offsetOf(index), thread,
              ValueRange(output).slice(index * perBox, perBox));
  {
    DeviceBuilder::Named name(d, "show output to TMA");
    fenceForAsyncReads(d);
  }
  {
    DeviceBuilder::Named name(d, "output is written");
    namedBarrier(d, consumer + ownBarrier, groupThreads);
  }
  d.ifThen(thread == 0, [&] {
    DeviceBuilder::Named name(d, "store output");
    for (int64_t index = 0; index < boxes; ++index)
      storeBox(d, rowsOf(o, head), offsetOf(index), firstQuery + consumer * 64,
               d.constant(index * box.columns()), /*accumulate=*/false);
    commitStores(d);
    waitForStores(d, 0);
  });
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
