//===----------------------------------------------------------------------===//
// Sharding rules of embedding and its gradient. With a split vocabulary a rank
// looks up the tokens that it has and puts zeros for the others, so that the
// result is partial; it counts only the gradients of its own tokens, so that
// the table's gradient is split.
//===----------------------------------------------------------------------===//
#include "passes/sharding/rules/Rules.h"

using namespace mlir;
using namespace flm;

static ShardingRule embedding(EmbeddingOp op) {
  ShardingRule rule;
  addFactors(rule.factors, typeOf(op.getTokens()));
  addFactors(rule.factors, typeOf(op.getTable()));
  rule.linear = {{1}};
  return rule;
}

static ShardingRule embeddingGrad(EmbeddingGradOp op) {
  ShardingRule rule;
  addFactors(rule.factors, typeOf(op.getDy()));
  addFactors(rule.factors, typeOf(op.getDtable()));
  rule.linear = {{0}};
  rule.likeResult = {2};
  return rule;
}

void flm::attachEmbeddingRules(MLIRContext *context) {
  attachRule<EmbeddingOp, embedding>(context);
  attachRule<EmbeddingGradOp, embeddingGrad>(context);
}
