//===----------------------------------------------------------------------===//
// Sharding rules of rope and attention: heads and batch are independent. A
// rotation is linear; softmax is not.
//===----------------------------------------------------------------------===//
#include "passes/sharding/rules/Rules.h"

using namespace mlir;
using namespace flm;

/// Batch dims and heads of [batch..., positions, heads * head_dim]; with
/// `positions`, that dim too.
static ShardingRule independent(Value value, bool positions) {
  ShardingRule rule;
  NamedTensorType type = typeOf(value);
  SmallVector<DimAttr> dims(type.getDims());
  if (!positions)
    dims.erase(dims.end() - 2);
  addFactors(rule.factors, NamedTensorType::get(dims, type.getElementType()));
  return rule;
}

/// A rank rotates by the positions that it has.
static ShardingRule rope(RopeOp op) {
  ShardingRule rule = independent(op.getX(), /*positions=*/true);
  rule.linear = {{0}};
  return rule;
}

static ShardingRule attention(AttentionOp op) {
  return independent(op.getQ(), /*positions=*/false);
}

static ShardingRule attentionGrad(AttentionGradOp op) {
  ShardingRule rule = independent(op.getQ(), /*positions=*/false);
  rule.linear = {{0}};
  return rule;
}

void flm::attachAttentionRules(MLIRContext *context) {
  attachRule<RopeOp, rope>(context);
  attachRule<AttentionOp, attention>(context);
  attachRule<AttentionGradOp, attentionGrad>(context);
}
