//===----------------------------------------------------------------------===//
// Kernels of embeddings, and of token numbers.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Embedding.h"

#include "codegen/cpu/rules/KernelShapes.h"
#include "codegen/cpu/rules/Rules.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

/// Rows of `values` [rows, width] that are those of `table`.
static EmbeddingProblem problemOf(Value values, Value table, Launcher &to) {
  Matrix rows(values);
  return {rows.rows, Matrix(table).rows, rows.columns, to.f32(), to.f32()};
}

static std::string describe(const EmbeddingProblem &problem) {
  return sizes({problem.rows, problem.vocab, problem.n});
}

static LogicalResult embedding(EmbeddingOp op, Launcher &to) {
  EmbeddingProblem problem = problemOf(op.getY(), op.getTable(), to);
  return to.launch("embedding_" + describe(problem),
                   {op.getTokens(), op.getTable(), op.getY()}, buildEmbedding,
                   problem);
}

static LogicalResult embeddingGrad(EmbeddingGradOp op, Launcher &to) {
  EmbeddingProblem problem = problemOf(op.getDy(), op.getDtable(), to);
  bool accumulate = static_cast<bool>(op.getInto());
  if (accumulate && failed(to.copy(op.getInto(), op.getDtable())))
    return failure();
  return to.launch((accumulate ? "embedding_grad_into_" : "embedding_grad_") +
                       describe(problem),
                   {op.getDy(), op.getTokens(), op.getDtable()},
                   buildEmbeddingGrad, problem, accumulate);
}

static LogicalResult localTokens(LocalTokensOp op, Launcher &to) {
  FailureOr<BufferAttr> rank = rankOn(op, op.getAxisAttr());
  if (failed(rank))
    return failure();
  int64_t count = typeOf(op.getX()).numElements();
  auto size = static_cast<int64_t>(op.getSize());
  return to.launch("local_tokens_" + Twine(count) + "_of" + Twine(size),
                   {op.getX(), *rank, op.getY()}, buildLocalTokens, count,
                   size);
}

void flm::cpu::addEmbeddingRules(KernelRules &rules) {
  addRule<EmbeddingOp, embedding>(rules);
  addRule<EmbeddingGradOp, embeddingGrad>(rules);
  addRule<LocalTokensOp, localTokens>(rules);
}
