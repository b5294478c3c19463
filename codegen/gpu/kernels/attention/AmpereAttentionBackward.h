//===----------------------------------------------------------------------===//
// The gradients of attention for sm_80.
//
// A block owns rows of two tensors and walks rows of the two others, 32 at a
// time; whose gradients it computes decides which are which:
//
//               owns     walks
//   keys_values k, v     q, do, of each query head that reads the key head
//   queries     q, do    k, v
//
// In a step, with the own rows as rows of P and dS,
//
//   S = own first * walked first^T,   dP = own second * walked second^T
//   P = exp2(S * scale * log2(e) - lse2),   dS = P * (dP - delta)
//   gradient of own first += dS * walked first
//   gradient of own second += P * walked second          (keys_values only)
//
// P and dS stay in the registers of the warp that owns their rows, and each
// gradient is summed by one warp, in the order of the steps.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_AMPEREATTENTIONBACKWARD_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_AMPEREATTENTIONBACKWARD_H

#include "codegen/gpu/kernels/attention/AmpereAttention.h"
#include "codegen/gpu/kernels/attention/Softmax.h"

namespace flm::gpu {

/// Writes the kernel: construct, emit. Its arguments are those of the Hopper
/// kernels, with pointers for tensor maps.
class AmpereAttentionBackward : private AmpereAttention {
public:
  AmpereAttentionBackward(DeviceBuilder &d, AttentionBackwardAttr attention);

  mlir::LLVM::LLVMFuncOp emit();

private:
  /// Rows of a step: of this head of the walked tensors, from `first` on.
  struct Step {
    I32 head, first;
  };
  /// A number of each query, spread over the elements of a fragment.
  using Terms = llvm::SmallVector<mlir::Value>;

  mlir::LLVM::LLVMFuncOp begin();
  void placeSteps();
  /// The step after this one: the next head after the last rows.
  Step next(Step step);
  /// Begins to copy step `index`, if there is one.
  void load(I32 index, Step step);
  llvm::SmallVector<mlir::Value> addStep(I32 index, I32 firstWalked,
                                         mlir::ValueRange sums);
  llvm::SmallVector<mlir::Value> hide(mlir::ValueRange scores, I32 firstWalked);
  /// Terms of own rows, from memory, and of walked rows, from a stage.
  Terms loadOwnTerms(mlir::Value tensor);
  Terms loadWalkedTerms(I32 offset);
  void storeGradients(mlir::ValueRange sums);

  bool ownsKeys() const {
    return attention.getGradient() == AttentionGradient::KeysValues;
  }
  /// Own or walked tensors, first or second.
  I32 headCount(bool keys) { return keys ? sizes.keyHeads : sizes.heads; }
  /// Bytes of one term of the queries of a step.
  int64_t termBytes() const { return stepRows * 4; }
  I32 slot(I32 index) { return d.opaque(index % stages); }

  AttentionBackwardAttr attention;
  Softmax softmax;
  int64_t stages;

  // Shared memory: the own tiles; stages of the walked ones; where queries are
  // walked, stages of lse2 and delta.
  SharedPlan plan;
  std::array<int64_t, 2> ownOffset;
  int64_t stepsOffset, termsOffset;

  // Arguments.
  mlir::Value q, k, v, outputGradient, delta, lse2;
  std::array<mlir::Value, 2> gradients; ///< dk, dv, or dq
  /// The tensors in the roles of the table above.
  std::array<mlir::Value, 2> own, walked;
  // What is walked: `steps` steps, from `begins` on and before `ends` in each
  // head.
  I32 firstHead, begins, ends, steps;
  Terms ownDelta, ownLse2;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_AMPEREATTENTIONBACKWARD_H
