//===----------------------------------------------------------------------===//
// Sharding rules of the norms and their gradients. The normalised dim is
// reduced inside a nonlinear function, so it stays whole; the gradients of gain
// and bias sum over all others, which is the reduction that sequence
// parallelism needs for norms.
//===----------------------------------------------------------------------===//
#include "passes/sharding/rules/Rules.h"

using namespace mlir;
using namespace flm;

/// The dims before the last one.
static ShardingRule rows(Value x) {
  ShardingRule rule;
  NamedTensorType type = typeOf(x);
  addFactors(rule.factors, NamedTensorType::get(type.getDims().drop_back(),
                                                type.getElementType()));
  return rule;
}

/// Linear in nothing: a partial bias would be added to a whole row by each
/// rank.
template <typename Op> static ShardingRule norm(Op op) {
  return rows(op.getX());
}

/// Linear in `dy`, which is operand 0 of all of them.
template <typename Op> static ShardingRule gradient(Op op) {
  ShardingRule rule = rows(op.getX());
  rule.linear = {{0}};
  return rule;
}

/// A sum over rows, which looks at each column by itself.
static ShardingRule layerNormGradB(LayerNormGradBOp op) {
  ShardingRule rule;
  addFactors(rule.factors, typeOf(op.getDy()));
  rule.linear = {{0}};
  return rule;
}

void flm::attachNormRules(MLIRContext *context) {
  attachRule<RmsNormOp, norm>(context);
  attachRule<RmsNormGradXOp, gradient>(context);
  attachRule<RmsNormGradGOp, gradient>(context);
  attachRule<LayerNormOp, norm>(context);
  attachRule<LayerNormGradXOp, gradient>(context);
  attachRule<LayerNormGradGOp, gradient>(context);
  attachRule<LayerNormGradBOp, layerNormGradB>(context);
}
