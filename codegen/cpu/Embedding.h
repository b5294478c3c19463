//===----------------------------------------------------------------------===//
// Kernels of the embedding: rows of a table picked by token, and back.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_EMBEDDING_H
#define FLM_CODEGEN_CPU_EMBEDDING_H

#include "codegen/cpu/CpuKernel.h"

namespace flm::cpu {

struct EmbeddingProblem {
  int64_t rows;           ///< tokens
  int64_t vocab;          ///< rows of the table; every token is in [0, vocab)
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

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_EMBEDDING_H
