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

/// Packed queries hold scale * log2(e) * q: their products with keys are
/// exponents of 2.
float queryScale(const AttentionProblem &problem);

constexpr float log2OfE = 1.44269504088896340736f;
constexpr float logOf2 = 0.693147180559945309417f;

/// An empty kernel function and what writing its body needs.
struct AttentionKernel {
  enum Operand { Rows, LogSumExp };

  AttentionKernel(mlir::OpBuilder &builder, mlir::Location loc,
                  llvm::StringRef symbol, llvm::ArrayRef<Operand> operands,
                  const AttentionProblem &problem, const CpuTarget &target);

  mlir::Value argument(unsigned i) { return function.getArgument(i); }
  mlir::Value task() { return argument(function.getNumArguments() - 1); }

  /// The rows of a head in operand i.
  HeadRows rows(unsigned i, Index batch, Index head);

  /// Writes the return. The kernel has `tasks` tasks.
  CpuKernel finish(int64_t tasks);

  mlir::OpBuilder::InsertionGuard restoreInsertionPoint;
  const AttentionProblem problem;
  const AttentionSchedule schedule;
  mlir::func::FuncOp function;
  AttentionEmitter e;
  AttentionTiles tiles;
  AttentionPacking packing;
  AttentionWorkspace workspace;
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ATTENTIONKERNEL_H
