//===----------------------------------------------------------------------===//
// The frame of an attention kernel: its function, operands and workspace.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_ATTENTIONKERNEL_H
#define FLM_CODEGEN_CPU_ATTENTIONKERNEL_H

#include "codegen/cpu/AttentionPacking.h"

namespace flm::cpu {

/// Reports an unsupported problem at `loc`.
mlir::LogicalResult verifyAttention(mlir::Location loc,
                                    const AttentionProblem &problem);

constexpr float log2OfE = 1.44269504088896340736f;
constexpr float logOf2 = 0.693147180559945309417f;

/// An empty kernel function and what writing its body needs.
struct AttentionKernel {
  enum Operand : uint8_t { Rows, LogSumExp };

  AttentionKernel(mlir::OpBuilder &builder, mlir::Location loc,
                  llvm::StringRef symbol, llvm::ArrayRef<Operand> operands,
                  const AttentionProblem &problem, const CpuTarget &target);

  mlir::Value argument(unsigned i) { return function.getArgument(i); }
  Index task() { return b.index(argument(function.getNumArguments() - 1)); }
  /// The rows of a head in operand i.
  HeadRows rows(unsigned i, Index batch, Index head);

  /// A 64-byte aligned buffer of f32 in the workspace.
  mlir::Value allocate(llvm::ArrayRef<int64_t> shape);

  /// 1 / sqrt(headDim)
  double scale() const;
  /// Packed queries hold scale * log2(e) * q: their products with keys are
  /// exponents of 2.
  float queryScale() const { return scale() * log2OfE; }

  /// The finished kernel.
  CpuKernel withTasks(int64_t tasks) { return {function, tasks, bytes}; }

  const AttentionProblem problem;
  const AttentionSchedule schedule;
  AttentionBuilder b;
  mlir::func::FuncOp function;
  AttentionTiles tiles;
  AttentionPacking packing;
  int64_t bytes = 0; ///< of the workspace, allocated so far
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ATTENTIONKERNEL_H
