//===----------------------------------------------------------------------===//
// Flash attention for sm_80, forward.
//
// A block takes 128 queries of one head and walks its keys some at a time:
//
//   S = Q K^T                                while V is on its way
//   P = exp(S - max), sum, rescale O         by the change of the maximum
//   O += P V                                 while the next K is on its way
//
// Keys and values take turns in one ring of tiles: with two of them, the copies
// of either hide behind the products with the other, and two blocks fit a
// multiprocessor. Steps go from the first keys, which every query sees, to the
// last: so the running maximum is finite from the first step on.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_AMPEREATTENTIONFORWARD_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_AMPEREATTENTIONFORWARD_H

#include "codegen/gpu/kernels/attention/AmpereAttention.h"
#include "codegen/gpu/kernels/attention/Softmax.h"

namespace flm::gpu {

/// Writes the kernel: construct, emit. Its arguments are those of the Hopper
/// kernel, with pointers for tensor maps.
class AmpereAttentionForward : private AmpereAttention {
public:
  AmpereAttentionForward(DeviceBuilder &d, AttentionForwardAttr attention);

  mlir::LLVM::LLVMFuncOp emit();

private:
  /// What a warp carries from step to step.
  struct State {
    llvm::SmallVector<mlir::Value> output;   ///< its rows x head_dim
    llvm::SmallVector<SoftmaxState> softmax; ///< per 16 rows
  };

  /// Begins to copy a tile: `ahead` of the keys of `step`, in the order in
  /// which tiles are used (keys 0, values 0, keys 1, ...).
  void load(I32 step, int64_t ahead);
  /// Waits for the tile that was loaded `stages` - 1 loads ago.
  void waitForTile(llvm::StringRef name);
  /// Where that tile lies.
  I32 slot(I32 step, int64_t ahead);
  /// The weights of a step; updates the maximum and the sum, and rescales the
  /// output.
  llvm::SmallVector<mlir::Value> attend(I32 step, State &state);
  void storeOutput(State state);
  llvm::SmallVector<mlir::Value> flatten(const State &state);
  State unflatten(mlir::ValueRange values);

  AttentionForwardAttr attention;
  Softmax softmax;
  int64_t stages;

  // Shared memory.
  SharedPlan plan;
  int64_t queryOffset, ringOffset;

  // Arguments and where the block is.
  mlir::Value q, k, v, o, logSumExp;
  I32 steps;
  /// Keys and values of the head.
  llvm::SmallVector<GlobalMatrix, 2> streams;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_AMPEREATTENTIONFORWARD_H
