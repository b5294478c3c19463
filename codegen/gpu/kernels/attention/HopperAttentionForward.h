//===----------------------------------------------------------------------===//
// Flash attention on Hopper, forward.
//
// A block takes 128 queries of one head: the producer loads them once and then
// keys and values, 128 at a time; each consumer keeps 64 queries' running
// maximum, sum and output in registers:
//
//   S = Q K^T                          for the next keys
//   O += P V                           for the keys before, meanwhile
//   P = exp(S - max), sum, rescale O   by the change of the maximum
//
// The two consumers take turns on the tensor cores (named barriers), so that
// one multiplies while the other computes exponentials. Keys are walked from
// the last to the first, so only the first step needs a mask, for causality and
// for a sequence that does not fill its tile.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERATTENTIONFORWARD_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERATTENTIONFORWARD_H

#include "codegen/gpu/kernels/attention/HopperAttention.h"
#include "codegen/gpu/kernels/attention/Softmax.h"

namespace flm::gpu {

/// Writes the kernel: construct, emit.
class HopperAttentionForward : HopperAttention {
public:
  HopperAttentionForward(DeviceBuilder &d, AttentionForwardAttr attention);

  mlir::LLVM::LLVMFuncOp emit();

private:
  /// What a consumer carries from step to step.
  struct State {
    llvm::SmallVector<mlir::Value> output;  ///< a fragment of 64 x head_dim
    llvm::SmallVector<mlir::Value> weights; ///< P, packed as a left operand
    SoftmaxState softmax;
    RingPosition keysAt, valuesAt;
  };

  void produce();
  void consume();
  /// The first key of step `step`.
  I32 firstKey(I32 step) {
    return (steps - 1 - step) * AttentionForwardAttr::keys;
  }
  llvm::SmallVector<mlir::Value> multiplyKeys(RingPosition at);
  llvm::SmallVector<mlir::Value> multiplyValues(const State &state);
  State step(I32 step, State state);
  void takeTurn();
  void passTurn(mlir::Value condition);
  void storeResults(const State &state);
  llvm::SmallVector<mlir::Value> flatten(const State &state);
  State unflatten(mlir::ValueRange values);

  AttentionForwardAttr attention;
  Softmax softmax;
  SharedPlan plan;
  TileRing queryTile; ///< of one stage, filled once
  TileRing keyRing, valueRing;

  mlir::Value q, k, v, o, logSumExp;
  I32 steps;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERATTENTIONFORWARD_H
