//===----------------------------------------------------------------------===//
// Sharding rules of rms_norm and its gradients. The normalised dim is reduced
// inside a nonlinear function, so it stays whole; the gain's gradient sums over
// all others, which is the reduction that sequence parallelism needs for norms.
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

static ShardingRule rmsNorm(RmsNormOp op) { return rows(op.getX()); }

static ShardingRule rmsNormGradX(RmsNormGradXOp op) {
  ShardingRule rule = rows(op.getX());
  rule.linear = {{0}};
  return rule;
}

static ShardingRule rmsNormGradG(RmsNormGradGOp op) {
  ShardingRule rule = rows(op.getX());
  rule.linear = {{0}};
  return rule;
}

void flm::attachNormRules(MLIRContext *context) {
  attachRule<RmsNormOp, rmsNorm>(context);
  attachRule<RmsNormGradXOp, rmsNormGradX>(context);
  attachRule<RmsNormGradGOp, rmsNormGradG>(context);
}
