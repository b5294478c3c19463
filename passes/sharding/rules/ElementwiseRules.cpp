//===----------------------------------------------------------------------===//
// Sharding rules of elementwise ops: any dim, and flat parts. What differs is
// in which operands they are linear.
//===----------------------------------------------------------------------===//
#include "passes/sharding/rules/Rules.h"

using namespace mlir;
using namespace flm;

static ShardingRule elementwise(Operation *op,
                                ArrayRef<SmallVector<unsigned>> linear) {
  ShardingRule rule;
  addFactors(rule.factors, typeOf(op->getResult(0)));
  rule.flat = typeOf(op->getResult(0)).getRank() > 0;
  rule.linear.assign(linear.begin(), linear.end());
  return rule;
}

static SmallVector<unsigned> allOperands(Operation *op) {
  return llvm::to_vector(llvm::seq<unsigned>(0, op->getNumOperands()));
}

/// A sum of partial values is partial, if all of them are.
static ShardingRule add(AddOp op) { return elementwise(op, {allOperands(op)}); }
static ShardingRule scale(ScaleOp op) { return elementwise(op, {{0}}); }
static ShardingRule castRule(CastOp op) { return elementwise(op, {{0}}); }
static ShardingRule siluMul(SiluMulOp op) { return elementwise(op, {{1}}); }
static ShardingRule siluMulGrad(SiluMulGradOp op) {
  return elementwise(op, {{0}});
}

/// Zeros are also a partial value; another constant would be counted n times.
static ShardingRule fill(FillOp op) {
  if (op.getValue().isZero())
    return elementwise(op, {SmallVector<unsigned>{}});
  return elementwise(op, {});
}

void flm::attachElementwiseRules(MLIRContext *context) {
  attachRule<AddOp, add>(context);
  attachRule<ScaleOp, scale>(context);
  attachRule<CastOp, castRule>(context);
  attachRule<SiluMulOp, siluMul>(context);
  attachRule<SiluMulGradOp, siluMulGrad>(context);
  attachRule<FillOp, fill>(context);
}
