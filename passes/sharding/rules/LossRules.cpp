//===----------------------------------------------------------------------===//
// Sharding rules of the primitives of cross-entropy. With a split vocabulary
// the maximum becomes a partial maximum, the sum of exponentials and the picked
// logit partial sums, and the logits' gradient stays split.
//===----------------------------------------------------------------------===//
#include "passes/sharding/rules/Rules.h"

using namespace mlir;
using namespace flm;

static ShardingRule along(Value value) {
  ShardingRule rule;
  addFactors(rule.factors, typeOf(value));
  return rule;
}

static ShardingRule reduceMax(ReduceMaxOp op) {
  ShardingRule rule = along(op.getLogits());
  rule.reducesByMax = true;
  return rule;
}

static ShardingRule sumExp(SumExpOp op) { return along(op.getLogits()); }

static ShardingRule pick(PickOp op) {
  ShardingRule rule = along(op.getLogits());
  rule.linear = {{0}};
  return rule;
}

static ShardingRule nll(NllOp op) { return along(op.getY()); }

static ShardingRule sum(SumOp op) {
  ShardingRule rule = along(op.getX());
  rule.flat = typeOf(op.getX()).getRank() > 0;
  rule.linear = {{0}};
  return rule;
}

static ShardingRule crossEntropyGrad(CrossEntropyGradOp op) {
  return along(op.getLogits());
}

/// A model's op, which is its primitives before anything is sharded.
static ShardingRule crossEntropy(CrossEntropyOp) { return {}; }

void flm::attachLossRules(MLIRContext *context) {
  attachRule<ReduceMaxOp, reduceMax>(context);
  attachRule<SumExpOp, sumExp>(context);
  attachRule<PickOp, pick>(context);
  attachRule<NllOp, nll>(context);
  attachRule<SumOp, sum>(context);
  attachRule<CrossEntropyGradOp, crossEntropyGrad>(context);
  attachRule<CrossEntropyOp, crossEntropy>(context);
}
