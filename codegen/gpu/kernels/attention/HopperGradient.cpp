//===----------------------------------------------------------------------===//
// Shared memory and arguments of attention's backward pass on Hopper.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/HopperGradient.h"

using namespace flm::gpu;

HopperGradient::HopperGradient(DeviceBuilder &d,
                               AttentionBackwardAttr attention)
    : HopperAttention(d, attention.getHeadDim(), attention.getCausal()),
      attention(attention), softmax(d, attention.getScale().getValueAsDouble()),
      ownTiles(d, "own", {ownRows, headDim}, 2, 1, plan),
      stepRing(d, "step", {attention.stepRows(), headDim}, 2,
               attention.getStages(), plan) {}

void HopperGradient::placeBarriers() {
  ownTiles.placeBarriers(plan);
  stepRing.placeBarriers(plan);
  assert(plan.bytes() == attention.sharedBytes() &&
         "the verifier counts other bytes than the kernel uses");
}

void HopperGradient::addInputs(AttentionCall &call, int64_t queryRows,
                               int64_t keyRows) {
  using Heads = AttentionCall::Heads;
  call.addRows("q", Access::Read, Heads::Query, queryRows, q);
  call.addRows("k", Access::Read, Heads::Key, keyRows, k);
  call.addRows("v", Access::Read, Heads::Key, keyRows, v);
  call.addRows("do", Access::Read, Heads::Query, queryRows, gradient);
  call.addTerms("delta", Access::Read, call.paddedSeq(), delta);
  call.addTerms("lse2", Access::Read, call.paddedSeq(), lse2);
}
