//===----------------------------------------------------------------------===//
// The online softmax of attention, on fragments of a warpgroup.
//
// A thread holds elements of two rows (flm_gpu.wgmma): row h of element i is
// i / 2 % 2. The other lanes of its quad hold the rest of these rows.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_SOFTMAX_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_SOFTMAX_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

#include <array>

namespace flm::gpu {

/// Per row of a thread. The sum is the thread's own part.
struct SoftmaxState {
  std::array<mlir::Value, 2> maximum, sum;
};

class Softmax {
public:
  /// exp(scale * x), computed as exp2(scale * log2(e) * x).
  Softmax(DeviceBuilder &d, double scale);

  /// What one step makes of `scores`.
  struct Step {
    SoftmaxState state;
    /// exp(score - maximum), rounded to bf16 and packed in the order in which
    /// wgmma takes a left operand from registers.
    llvm::SmallVector<mlir::Value> weights;
    /// By what earlier sums and outputs shrink, per row; null in the first
    /// step.
    std::array<mlir::Value, 2> rescale;
  };
  Step first(mlir::ValueRange scores) { return run(scores, nullptr); }
  Step next(mlir::ValueRange scores, const SoftmaxState &before) {
    return run(scores, &before);
  }

  /// exp(scale * score - lse), where `lse2` is lse * log2(e): a weight whose
  /// row is known.
  mlir::Value weight(mlir::Value score, mlir::Value lse2);
  /// The gradient of scale * score: weight * (its gradient - delta), where
  /// delta is the sum of this product over the row.
  mlir::Value scoreGradient(mlir::Value weight, mlir::Value weightGradient,
                            mlir::Value delta);

  /// Each element times its row's factor.
  llvm::SmallVector<mlir::Value> scaleRows(mlir::ValueRange fragment,
                                           std::array<mlir::Value, 2> factors);

  /// The rows' sums over all lanes: inverse, and log-sum-exp.
  struct Result {
    std::array<mlir::Value, 2> inverse, logSumExp;
  };
  Result finish(const SoftmaxState &state);

private:
  Step run(mlir::ValueRange scores, const SoftmaxState *before);
  using Combine = llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)>;
  /// Over the values, as a tree.
  mlir::Value reduce(llvm::SmallVector<mlir::Value> values, Combine combine);

  DeviceBuilder &d;
  double scaleLog2;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_SOFTMAX_H
