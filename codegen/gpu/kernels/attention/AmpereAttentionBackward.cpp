//===----------------------------------------------------------------------===//
// The gradients of attention for sm_80: the walk, a step, the end.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/AmpereAttentionBackward.h"
#include "codegen/gpu/kernels/device/Synchronization.h"
#include "codegen/gpu/kernels/device/WarpgroupProduct.h"

using namespace mlir;
using namespace flm::gpu;

AmpereAttentionBackward::AmpereAttentionBackward(
    DeviceBuilder &d, AttentionBackwardAttr attention)
    : AmpereAttention(d, attention.getHeadDim(), attention.getCausal(),
                      attention.ownRows(), attention.stepRows()),
      attention(attention), softmax(d, attention.getScale().getValueAsDouble()),
      stages(attention.getStages()), firstHead(d, Value()), begins(firstHead),
      ends(firstHead), steps(firstHead) {
  for (int64_t &offset : ownOffset)
    offset = plan.place(ownBytes(), boxAlignment);
  stepsOffset = plan.place(stages * 2 * stepBytes(), boxAlignment);
  termsOffset = plan.place(ownsKeys() ? stages * 2 * termBytes() : 0, 16);
  assert(plan.bytes() == attention.sharedBytes() &&
         "the verifier counts other bytes than the kernel uses");
}

LLVM::LLVMFuncOp AmpereAttentionBackward::begin() {
  AttentionCall call(d, headDim);
  using Heads = AttentionCall::Heads;
  auto addRows = [&](StringRef name, Access access, Heads heads,
                     Value &argument) {
    call.addRows(name, access, heads, /*boxRows=*/0, argument);
  };
  addRows("q", Access::Read, Heads::Query, q);
  addRows("k", Access::Read, Heads::Key, k);
  addRows("v", Access::Read, Heads::Key, v);
  addRows("do", Access::Read, Heads::Query, outputGradient);
  call.addTerms("delta", Access::Read, call.paddedSeq(), delta);
  call.addTerms("lse2", Access::Read, call.paddedSeq(), lse2);
  if (ownsKeys()) {
    addRows("dk", Access::Write, Heads::Key, gradients[0]);
    addRows("dv", Access::Write, Heads::Key, gradients[1]);
  } else {
    addRows("dq", Access::Write, Heads::Query, gradients[0]);
  }
  LLVM::LLVMFuncOp function =
      call.begin(attention.symbolName(),
                 {threads,
                  attention.sharedBytes(),
                  {call.seq().ceilDiv(ownRows),
                   ownsKeys() ? call.keyHeads() : call.heads(), call.batch()}},
                 attention);
  // The first keys are seen by the most queries, the last queries see the most
  // keys: they go first.
  place(call, ownsKeys() ? Heads::Key : Heads::Query,
        /*lastFirst=*/!ownsKeys());
  own = {q, outputGradient};
  walked = {k, v};
  if (ownsKeys())
    std::swap(own, walked);
  return function;
}

void AmpereAttentionBackward::placeSteps() {
  I32 group = sizes.heads / sizes.keyHeads, walkedHeads = d.constant(1);
  if (ownsKeys()) {
    firstHead = head * group;
    walkedHeads = group;
    // Queries before the first key do not see it.
    begins = causal ? firstOwn : d.constant(0);
    ends = sizes.seq;
  } else {
    firstHead = head / group;
    begins = d.constant(0);
    ends = visibleKeys(firstOwn + (ownRows - 1));
  }
  steps = (ends - begins + (stepRows - 1)) / stepRows * walkedHeads;
}

LLVM::LLVMFuncOp AmpereAttentionBackward::emit() {
  LLVM::LLVMFuncOp function = begin();
  placeSteps();
  // The own rows arrive with the first step.
  for (auto [tensor, offset] : llvm::zip(own, ownOffset))
    loadOwn(headOf(tensor, headCount(ownsKeys()), head), offset, firstOwn);
  Step first{firstHead, begins}, loaded = first;
  for (int64_t ahead = 0; ahead < stages - 1; ++ahead) {
    load(d.constant(ahead), loaded);
    loaded = next(loaded);
  }
  if (!ownsKeys()) {
    ownDelta = loadOwnTerms(delta);
    ownLse2 = loadOwnTerms(lse2);
  }
  SmallVector<Value> carried = noSums();
  if (ownsKeys())
    carried.append(noSums());
  size_t sums = carried.size();
  for (const Step &step : {first, loaded})
    carried.append({step.head.value(), step.first.value()});
  SmallVector<Value> result =
      d.loop(d.constant(0), steps, d.constant(1), carried,
             [&](I32 index, ValueRange values) {
               auto stepAt = [&](size_t i) {
                 return Step{d.i32(values[i]), d.i32(values[i + 1])};
               };
               Step step = stepAt(sums), loaded = stepAt(sums + 2);
               {
                 DeviceBuilder::Named name(d, "wait for copies");
                 waitForLoads(d, stages - 2);
               }
               {
                 // The step before has been read, too: its stage is filled
                 // next.
                 DeviceBuilder::Named name(d, "step is there");
                 blockBarrier(d);
               }
               load(index + (stages - 1), loaded);
               SmallVector<Value> result =
                   addStep(index, step.first, values.take_front(sums));
               for (const Step &after : {next(step), next(loaded)})
                 result.append({after.head.value(), after.first.value()});
               return result;
             });
  storeGradients(ValueRange(result).take_front(sums));
  return function;
}

AmpereAttentionBackward::Step AmpereAttentionBackward::next(Step step) {
  I32 after = step.first + stepRows;
  Value more = after < ends;
  return {d.select(more, step.head, step.head + 1),
          d.select(more, after, begins)};
}

void AmpereAttentionBackward::load(I32 index, Step step) {
  // Steps beyond the last are groups, too, but empty: so each wait counts the
  // same number of them.
  d.ifThen(index < steps, [&] {
    DeviceBuilder::Named name(d, "load step");
    for (int64_t i : {0, 1})
      loadStep(headOf(walked[i], headCount(!ownsKeys()), step.head),
               (slot(index) * 2 + i) * stepBytes() + stepsOffset, step.first);
    if (!ownsKeys())
      return;
    // Padded, so that every row of the step has them.
    DeviceBuilder::Named termsName(d, "load row terms");
    for (auto [i, tensor] : llvm::enumerate(std::array{lse2, delta})) {
      Value source = d.globalElement(tensor, d.getF32Type(),
                                     batchIndex * sizes.heads + step.head,
                                     sizes.paddedSeq(), step.first);
      TileCopy(d, thread, threads)
          .loadBytes(source, (slot(index) * 2 + i) * termBytes() + termsOffset,
                     termBytes());
    }
  });
  commitLoads(d);
}

SmallVector<Value> AmpereAttentionBackward::addStep(I32 index, I32 firstWalked,
                                                    ValueRange sums) {
  I32 at = slot(index);
  I32 first = at * (2 * stepBytes()) + stepsOffset;
  I32 second = first + stepBytes();
  I32 terms = at * (2 * termBytes()) + termsOffset;

  SmallVector<Value> scores =
      hide(multiplyRows(ownOffset[0], first), firstWalked);
  Terms rowLse2 = ownsKeys() ? loadWalkedTerms(terms) : ownLse2;
  SmallVector<Value> weights;
  for (auto [score, term] : llvm::zip(scores, rowLse2))
    weights.push_back(softmax.weight(score, term));

  SmallVector<Value> scoreGradients = multiplyRows(ownOffset[1], second);
  Terms rowDelta = ownsKeys() ? loadWalkedTerms(terms + termBytes()) : ownDelta;
  for (auto [gradient, weight, term] :
       llvm::zip(scoreGradients, weights, rowDelta))
    gradient = softmax.scoreGradient(weight, gradient, term);

  size_t perGradient = noSums().size();
  SmallVector<Value> result = addWeighted(packFragment(d, scoreGradients),
                                          first, sums.take_front(perGradient));
  if (ownsKeys())
    result.append(addWeighted(packFragment(d, weights), second,
                              sums.drop_front(perGradient)));
  return result;
}

SmallVector<Value> AmpereAttentionBackward::hide(ValueRange scores,
                                                 I32 firstWalked) {
  I32 warpFirst = firstOwn + warpRow;
  Value some;
  function_ref<Value(I32, I32)> visible;
  // Queries beyond the sequence have an infinite lse2: they need no mask. Keys
  // beyond it do, where they are summed over.
  auto ofKeys = [&](I32 row, I32 column) {
    return firstOwn + row < firstWalked + column + 1;
  };
  auto ofQueries = [&](I32 row, I32 column) {
    return firstWalked + column < visibleKeys(firstOwn + row);
  };
  if (!ownsKeys()) {
    some = visibleKeys(warpFirst) < firstWalked + stepRows;
    visible = ofQueries;
  } else if (causal) {
    some = firstWalked < warpFirst + warpRows;
    visible = ofKeys;
  } else {
    return SmallVector<Value>(scores);
  }
  return d.choose(
      some, [&] { return keepWhere(scores, visible); },
      [&] { return SmallVector<Value>(scores); });
}

AmpereAttentionBackward::Terms
AmpereAttentionBackward::loadOwnTerms(Value tensor) {
  Terms terms;
  for (int64_t group = 0; group < groups(); ++group) {
    Value ofRow[2];
    for (int64_t h : {0, 1}) {
      // Padded, so that every own row has them.
      Value address = d.globalElement(
          tensor, d.getF32Type(), batchIndex * sizes.heads + head,
          sizes.paddedSeq(), firstOwn + groupRow(group) + h * 8);
      ofRow[h] = d.load(d.getF32Type(), address, 4);
    }
    for (int64_t i = 0; i < stepRows / 2; ++i)
      terms.push_back(ofRow[i / 2 % 2]);
  }
  return terms;
}

AmpereAttentionBackward::Terms
AmpereAttentionBackward::loadWalkedTerms(I32 offset) {
  auto pairType = VectorType::get({2}, d.getF32Type());
  I32 lanes = offset + (lane & 3) * 8;
  Terms ofGroup;
  for (int64_t column = 0; column < stepRows; column += 8) {
    Value pair = d.load(pairType, d.shared(lanes + column * 4), 8);
    for (int64_t i = 0; i < 4; ++i)
      ofGroup.push_back(d.element(pair, i % 2));
  }
  // All rows share the columns.
  Terms terms;
  for (int64_t group = 0; group < groups(); ++group)
    llvm::append_range(terms, ofGroup);
  return terms;
}

void AmpereAttentionBackward::storeGradients(ValueRange sums) {
  size_t perGradient = noSums().size();
  Value scale = d.f32(attention.getScale().getValueAsDouble());
  auto store = [&](ValueRange values, int64_t i) {
    // The warp's own rows are no longer needed: the gradients take their place.
    storeRows(values, ownOffset[i],
              headOf(gradients[i], headCount(ownsKeys()), head), firstOwn);
  };
  store(softmax.scaleRows(sums.take_front(perGradient), {scale, scale}), 0);
  if (ownsKeys())
    store(sums.drop_front(perGradient), 1);
}
