//===----------------------------------------------------------------------===//
// What the two kernels of attention's backward pass on Hopper share: the block
// owns two tiles (keys and values, or queries and gradients), loaded once, and
// walks steps of two tiles of the others.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERGRADIENT_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERGRADIENT_H

#include "codegen/gpu/kernels/attention/HopperAttention.h"
#include "codegen/gpu/kernels/attention/Softmax.h"

namespace flm::gpu {

class HopperGradient : protected HopperAttention {
protected:
  HopperGradient(DeviceBuilder &d, AttentionBackwardAttr attention);

  /// Ends the plan of shared memory, once everything else has its place.
  void placeBarriers();
  /// Adds the arguments that both kernels begin with: q, k, v, do, delta, lse2.
  /// One copy has `queryRows` rows of queries or of gradients, `keyRows` of
  /// keys or of values.
  void addInputs(AttentionCall &call, int64_t queryRows, int64_t keyRows);

  AttentionBackwardAttr attention;
  Softmax softmax;
  SharedPlan plan;
  /// The block's tiles (of one stage, filled once), and those of a step.
  TileRing ownTiles, stepRing;

  mlir::Value q, k, v, gradient, delta, lse2;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERGRADIENT_H
