//===----------------------------------------------------------------------===//
// Kernels of the cross entropy of logits with target tokens, by rows:
//
//   loss = log(sum_exp) + max - picked,
//   max = max_j logit_j, sum_exp = sum_j exp(logit_j - max), picked = logit_t
//
// The logits have `paddedVocab` columns, of which the first `vocab` are real.
// The others are never read; their gradient is 0. Target -1 is one that another
// rank's part of the logits has: it picks 0, and has no one-hot.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_CROSSENTROPY_H
#define FLM_CODEGEN_CPU_CROSSENTROPY_H

#include "codegen/cpu/CpuKernel.h"

namespace flm::cpu {

struct CrossEntropyProblem {
  int64_t rows;
  int64_t vocab, paddedVocab; ///< vocab <= paddedVocab, but in a mask
  mlir::Type elementType;     ///< of the logits and their gradient: f32 or bf16
};

/// (logits[rows, paddedVocab]) -> max[rows] f32. NaN logits are skipped; they
/// reach the loss through sum_exp.
CpuKernel buildReduceMax(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::StringRef symbol,
                         const CrossEntropyProblem &problem,
                         const CpuTarget &target);

/// (logits[rows, paddedVocab], max[rows] f32) -> sumExp[rows] f32.
CpuKernel buildSumExp(mlir::OpBuilder &builder, mlir::Location loc,
                      llvm::StringRef symbol,
                      const CrossEntropyProblem &problem,
                      const CpuTarget &target);

/// (logits[rows, paddedVocab], targets[rows] i32) -> picked[rows] f32.
CpuKernel buildPick(mlir::OpBuilder &builder, mlir::Location loc,
                    llvm::StringRef symbol, const CrossEntropyProblem &problem,
                    const CpuTarget &target);

/// (sumExp[rows], max[rows], picked[rows]) -> loss[rows], all f32. `loss` may
/// be any input's buffer.
CpuKernel buildNll(mlir::OpBuilder &builder, mlir::Location loc,
                   llvm::StringRef symbol, int64_t rows,
                   const CpuTarget &target);

/// All four at once, one row after another while it is in cache:
/// (logits[rows, paddedVocab], targets[rows] i32)
///   -> (max[rows], sumExp[rows], loss[rows]) f32.
CpuKernel buildCrossEntropy(mlir::OpBuilder &builder, mlir::Location loc,
                            llvm::StringRef symbol,
                            const CrossEntropyProblem &problem,
                            const CpuTarget &target);

/// (logits[rows, paddedVocab], max[rows], sumExp[rows], targets[rows] i32,
/// seed[1] f32) -> dlogits like logits:
/// (exp(logit - max) / sumExp - onehot(target)) * seed.
/// dlogits may be logits' buffer.
CpuKernel buildCrossEntropyGrad(mlir::OpBuilder &builder, mlir::Location loc,
                                llvm::StringRef symbol,
                                const CrossEntropyProblem &problem,
                                const CpuTarget &target);

/// (rank[1] i32, logits[rows, paddedVocab]): minus infinity, in place, in what
/// is padding on rank number `rank` of those that split the vocabulary into
/// parts of `paddedVocab` columns: column j there is entry
/// rank * paddedVocab + j, of which the first `vocab` are real.
CpuKernel buildMaskPadding(mlir::OpBuilder &builder, mlir::Location loc,
                           llvm::StringRef symbol,
                           const CrossEntropyProblem &problem,
                           const CpuTarget &target);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_CROSSENTROPY_H
