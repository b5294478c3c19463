//===----------------------------------------------------------------------===//
// Flash attention on Hopper, forward.
//
// A block takes 128 queries of one head: the producer warpgroup loads them once
// and then keys and values, 128 at a time; each of two consumer warpgroups
// keeps 64 queries' running maximum, sum and output in registers:
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
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_H

#include "codegen/gpu/kernels/SharedTile.h"
#include "codegen/gpu/kernels/Softmax.h"
#include "codegen/gpu/kernels/Synchronization.h"

namespace flm::gpu {

/// Writes the kernel: construct, emit. Its arguments: the tensor maps of q, k,
/// v and o, the log-sum-exp, batch, seq, heads, kv_heads.
class HopperAttentionForward {
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

  // Attention.cpp
  llvm::SmallVector<KernelArgument> arguments() const;
  void bindArguments(mlir::LLVM::LLVMFuncOp function);
  void placeBlock();
  void initialize();
  void produce();
  void load(mlir::Value tensorMap, StageRing &ring, RingPosition at,
            int64_t offset, const OperandTile &tile, I32 step);
  /// The first key of step `step`.
  I32 firstKey(I32 step) { return (steps - 1 - step) * attention.keys; }
  TensorMatrix rowsOf(mlir::Value tensorMap, I32 head);

  // AttentionConsumer.cpp
  void consume();
  llvm::SmallVector<mlir::Value> multiplyKeys(RingPosition at);
  llvm::SmallVector<mlir::Value> multiplyValues(RingPosition at,
                                                mlir::ValueRange weights,
                                                mlir::ValueRange output);
  llvm::SmallVector<mlir::Value> mask(mlir::ValueRange scores);
  State step(I32 step, State state);
  void release(StageRing &ring, RingPosition at);
  void takeTurn();
  void passTurn(mlir::Value condition);
  void storeOutput(State state);
  llvm::SmallVector<mlir::Value> flatten(const State &state);
  State unflatten(mlir::ValueRange values);

  DeviceBuilder &d;
  AttentionForwardAttr attention;
  int64_t headDim;
  Softmax softmax;

  // Shared memory.
  OperandTile queryTile, keyTile, valueTile;
  SharedPlan plan;
  int64_t queryOffset, keysOffset, valuesOffset;
  StageRing keyRing, valueRing;
  StageRing queryRing; ///< of one stage, filled once

  // Arguments and where the block is.
  mlir::Value q, k, v, o, logSumExp;
  I32 batch, seq, heads, keyHeads;
  I32 batchIndex, head, firstQuery, steps;
  // Where the thread is, in a consumer.
  I32 consumer, thread, row;
};

/// Writes the kernel that AttentionForwardAttr describes at the builder's
/// insertion point, in a gpu.module.
mlir::LLVM::LLVMFuncOp build(DeviceBuilder &d, AttentionForwardAttr attention);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_H
