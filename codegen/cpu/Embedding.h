//===----------------------------------------------------------------------===//
// Kernels of the embedding: rows of a table picked by token, and back.
//
// Token -1 is one that another rank's part of the table has: its row is zeros,
// and its gradient goes nowhere.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_EMBEDDING_H
#define FLM_CODEGEN_CPU_EMBEDDING_H

#include "codegen/cpu/CpuKernel.h"

namespace flm::cpu {

struct EmbeddingProblem {
  int64_t rows;           ///< tokens
  int64_t vocab;          ///< rows of the table; a token is below, or -1
  int64_t n;              ///< length of a row
  mlir::Type elementType; ///< of y and dy: f32 or bf16
  mlir::Type tableType;   ///< of the table: f32 or bf16
};

/// (tokens[rows] i32, table[vocab, n]) -> y[rows, n].
CpuKernel buildEmbedding(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::StringRef symbol,
                         const EmbeddingProblem &problem,
                         const CpuTarget &target);

/// (dy[rows, n], tokens[rows] i32) -> dtable[vocab, n] f32, written whole, or
/// added to if `accumulate`. Rows of one token are added in order.
CpuKernel buildEmbeddingGrad(mlir::OpBuilder &builder, mlir::Location loc,
                             llvm::StringRef symbol,
                             const EmbeddingProblem &problem, bool accumulate,
                             const CpuTarget &target);

/// (tokens[count] i32, rank[1] i32) -> local[count] i32: the tokens as rank
/// number `rank` counts them, `token - rank * size`, or -1 where that is
/// outside [0, size).
CpuKernel buildLocalTokens(mlir::OpBuilder &builder, mlir::Location loc,
                           llvm::StringRef symbol, int64_t count, int64_t size,
                           const CpuTarget &target);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_EMBEDDING_H
