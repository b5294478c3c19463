//===----------------------------------------------------------------------===//
// Attention on Hopper, backward, the gradient of queries.
//
// A block owns 128 queries of one head and walks the keys that they see, 128 at
// a time, from the last to the first; a consumer has 64 queries in its rows:
//
//   S = Q K^T, dP = dO V^T            two descriptors each
//   P = exp2(S - lse2), dS = P * (dP - delta)
//   dQ += dS K                        from registers, by the same tile's rows
//
// dQ stays in registers until the end. Only the first step needs a mask, for
// causality and for a sequence that does not fill its tile.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERQUERIESGRADIENT_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERQUERIESGRADIENT_H

#include "codegen/gpu/kernels/attention/HopperGradient.h"

namespace flm::gpu {

/// Writes the kernel: construct, emit.
class HopperQueriesGradient : HopperGradient {
public:
  HopperQueriesGradient(DeviceBuilder &d, AttentionBackwardAttr attention);

  mlir::LLVM::LLVMFuncOp emit();

private:
  /// Keys of one step.
  struct Step {
    I32 index, firstKey;
    RingPosition at;
  };
  /// body(step, carried) for all steps, with values carried around.
  llvm::SmallVector<mlir::Value> forEachStep(
      mlir::ValueRange initial,
      llvm::function_ref<llvm::SmallVector<mlir::Value>(Step, mlir::ValueRange)>
          body);

  void produce();
  void consume();
  llvm::SmallVector<mlir::Value> addStep(const Step &step,
                                         mlir::ValueRange sums);
  /// The numbers of this thread's two rows.
  std::array<mlir::Value, 2> loadTerms(mlir::Value terms);

  mlir::Value dq;
  I32 padded; ///< seq
  /// Of the thread's two rows, in a consumer.
  std::array<mlir::Value, 2> rowDelta, rowLse2;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERQUERIESGRADIENT_H
