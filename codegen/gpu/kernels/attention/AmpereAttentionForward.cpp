//===----------------------------------------------------------------------===//
// Flash attention for sm_80, forward: the block's place, its steps, its end.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/AmpereAttentionForward.h"
#include "codegen/gpu/kernels/device/Synchronization.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace flm::gpu;

static constexpr double infinity = std::numeric_limits<double>::infinity();

AmpereAttentionForward::AmpereAttentionForward(DeviceBuilder &d,
                                               AttentionForwardAttr attention)
    : AmpereAttention(d, attention.getHeadDim(), attention.getCausal(),
                      attention.queries, attention.ampereKeys()),
      attention(attention), softmax(d, attention.getScale().getValueAsDouble()),
      stages(attention.getStages()),
      queryOffset(plan.place(ownBytes(), boxAlignment)),
      ringOffset(plan.place(stages * stepBytes(), boxAlignment)),
      steps(d, Value()) {
  assert(plan.bytes() == attention.sharedBytes() &&
         "the verifier counts other bytes than the kernel uses");
}

LLVM::LLVMFuncOp AmpereAttentionForward::emit() {
  AttentionCall call(d, headDim);
  using Heads = AttentionCall::Heads;
  call.addRows("q", Access::Read, Heads::Query, /*boxRows=*/0, q);
  call.addRows("k", Access::Read, Heads::Key, /*boxRows=*/0, k);
  call.addRows("v", Access::Read, Heads::Key, /*boxRows=*/0, v);
  call.addRows("o", Access::Write, Heads::Query, /*boxRows=*/0, o);
  call.addTerms("lse", Access::Write, call.seq(), logSumExp);
  LLVM::LLVMFuncOp function =
      call.begin(attention.symbolName(),
                 {threads,
                  attention.sharedBytes(),
                  {call.seq().ceilDiv(ownRows), call.heads(), call.batch()}},
                 attention);
  // The last queries see the most keys: they go first.
  place(call, Heads::Query, /*lastFirst=*/true);
  I32 lastVisible = visibleKeys(firstOwn + (ownRows - 1));
  steps = (lastVisible + (stepRows - 1)) / stepRows;

  I32 keyHead = head / (sizes.heads / sizes.keyHeads);
  streams = {headOf(k, sizes.keyHeads, keyHead),
             headOf(v, sizes.keyHeads, keyHead)};
  // The queries arrive with the first keys.
  loadOwn(headOf(q, sizes.heads, head), queryOffset, firstOwn);
  for (int64_t ahead = 0; ahead < stages - 1; ++ahead)
    load(d.constant(0), ahead);
  State start{noSums(), {}};
  for (int64_t group = 0; group < groups(); ++group)
    start.softmax.push_back(
        {{d.f32(-infinity), d.f32(-infinity)}, {d.f32(0), d.f32(0)}});
  SmallVector<Value> result =
      d.loop(d.constant(0), steps, d.constant(1), flatten(start),
             [&](I32 index, ValueRange carried) {
               State state = unflatten(carried);
               waitForTile("keys are there");
               // The tile before has been read.
               load(index, stages - 1);
               SmallVector<Value> weights = attend(index, state);
               waitForTile("values are there");
               load(index, stages);
               state.output =
                   addWeighted(weights, slot(index, 1), state.output);
               return flatten(state);
             });
  storeOutput(unflatten(result));
  return function;
}

I32 AmpereAttentionForward::slot(I32 step, int64_t ahead) {
  return d.opaque((step * 2 + ahead) % stages) * stepBytes() + ringOffset;
}

void AmpereAttentionForward::load(I32 step, int64_t ahead) {
  I32 loaded = step + ahead / 2;
  // Tiles beyond the last are groups, too, but empty: so each wait counts the
  // same number of them.
  d.ifThen(loaded < steps, [&] {
    DeviceBuilder::Named name(d, ahead % 2 ? "load values" : "load keys");
    loadStep(streams[ahead % 2], slot(step, ahead), loaded * stepRows);
  });
  commitLoads(d);
}

void AmpereAttentionForward::waitForTile(StringRef name) {
  {
    DeviceBuilder::Named waitName(d, "wait for copies");
    waitForLoads(d, stages - 2);
  }
  DeviceBuilder::Named barrierName(d, name);
  blockBarrier(d);
}

SmallVector<Value> AmpereAttentionForward::attend(I32 step, State &state) {
  SmallVector<Value> scores = multiplyRows(queryOffset, slot(step, 0));
  I32 firstKey = step * stepRows;
  // The warp's first query sees the least.
  scores = d.choose(
      visibleKeys(firstOwn + warpRow) < firstKey + stepRows,
      [&] {
        return keepWhere(scores, [&](I32 row, I32 column) {
          return firstKey + column < visibleKeys(firstOwn + row);
        });
      },
      [&] { return scores; });
  SmallVector<Value> weights, output;
  for (int64_t group = 0; group < groups(); ++group) {
    Softmax::Step next =
        softmax.next(groupOf(scores, group), state.softmax[group]);
    state.softmax[group] = next.state;
    llvm::append_range(weights, next.weights);
    llvm::append_range(
        output, softmax.scaleRows(groupOf(state.output, group), next.rescale));
  }
  state.output = output;
  return weights;
}

void AmpereAttentionForward::storeOutput(State state) {
  SmallVector<Value> output;
  for (int64_t group = 0; group < groups(); ++group) {
    Softmax::Result result = softmax.finish(state.softmax[group]);
    llvm::append_range(output, softmax.scaleRows(groupOf(state.output, group),
                                                 result.inverse));
    // One lane of each quad knows its two rows.
    d.ifThen((lane & 3) == 0, [&] {
      for (int64_t h : {0, 1}) {
        I32 query = firstOwn + groupRow(group) + h * 8;
        d.ifThen(query < sizes.seq, [&] {
          DeviceBuilder::Named name(d, "store lse");
          Value address = d.globalElement(logSumExp, d.getF32Type(),
                                          batchIndex * sizes.heads + head,
                                          sizes.seq, query);
          d.store(result.logSumExp[h], address, 4);
        });
      }
    });
  }
  // The warp's queries are no longer needed: their rows take the output.
  storeRows(output, queryOffset, headOf(o, sizes.heads, head), firstOwn);
}

SmallVector<Value> AmpereAttentionForward::flatten(const State &state) {
  SmallVector<Value> values(state.output);
  for (const SoftmaxState &rows : state.softmax) {
    llvm::append_range(values, rows.maximum);
    llvm::append_range(values, rows.sum);
  }
  return values;
}

AmpereAttentionForward::State
AmpereAttentionForward::unflatten(ValueRange values) {
  size_t outputs = values.size() - 4 * groups();
  State state{SmallVector<Value>(values.take_front(outputs)), {}};
  for (values = values.drop_front(outputs); !values.empty();
       values = values.drop_front(4))
    state.softmax.push_back({{values[0], values[1]}, {values[2], values[3]}});
  return state;
}
