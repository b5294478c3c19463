//===----------------------------------------------------------------------===//
// Attention on Hopper, backward, the gradients of keys and values.
//
// A block owns 128 keys of one key head and walks the queries that see them, of
// every query head that reads this key head. Scores are transposed, so that a
// consumer has 64 keys in its rows and its factors are left operands:
//
//   S^T = K Q^T, dP^T = V dO^T        two descriptors each
//   P = exp2(S - lse2), dS = P * (dP - delta)
//   dV += P^T dO, dK += dS^T Q        from registers, by the same tiles' rows
//
// dV is multiplied while dS is computed. dK and dV stay in registers until the
// end: no other block adds to them. Rows beyond the sequence need no mask: as
// queries their lse2 is infinite, as keys their results are not stored.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERKEYSGRADIENT_H
#define FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERKEYSGRADIENT_H

#include "codegen/gpu/kernels/attention/HopperGradient.h"

namespace flm::gpu {

/// Writes the kernel: construct, emit.
class HopperKeysGradient : HopperGradient {
public:
  HopperKeysGradient(DeviceBuilder &d, AttentionBackwardAttr attention);

  mlir::LLVM::LLVMFuncOp emit();

private:
  /// Queries of one step.
  struct Step {
    I32 head, first;
    RingPosition at;
  };
  /// body(step, carried) for all steps, with values carried around.
  llvm::SmallVector<mlir::Value> forEachStep(
      mlir::ValueRange initial,
      llvm::function_ref<llvm::SmallVector<mlir::Value>(Step, mlir::ValueRange)>
          body);

  void produce();
  /// Loads the step's part of `terms` ([batch, heads, padded]) to its stage at
  /// byte `offset`.
  void loadTerms(const Step &step, mlir::Value terms, int64_t offset,
                 mlir::Value barrier);
  void consume();
  /// dK and dV, one after the other.
  llvm::SmallVector<mlir::Value> addStep(const Step &step,
                                         mlir::ValueRange sums);
  llvm::SmallVector<mlir::Value> hideEarlierQueries(const Step &step,
                                                    mlir::ValueRange scores);
  /// combine(element, term of its query) for a fragment, from the terms in
  /// stage `slot`.
  llvm::SmallVector<mlir::Value> combineWithTerms(
      mlir::ValueRange fragment, int64_t offset, I32 slot,
      llvm::function_ref<mlir::Value(unsigned element, mlir::Value term)>
          combine);
  int64_t termBytes() const { return attention.stepRows() * 4; }

  /// Of lse2 and delta, with as many stages as the ring.
  int64_t lse2Offset, deltaOffset;

  mlir::Value dk, dv;
  I32 padded; ///< seq
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ATTENTION_HOPPERKEYSGRADIENT_H
