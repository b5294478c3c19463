//===----------------------------------------------------------------------===//
// Sharding rules of linear and its gradients: products of matrices. Every dim
// may be split; a contracted one gives partial results. Linear in each of the
// two factors, never in both at once.
//===----------------------------------------------------------------------===//
#include "passes/sharding/rules/Rules.h"

using namespace mlir;
using namespace flm;

/// Splits along every dim that the two factors of the product `y` have, but not
/// along one that a square matrix has twice: there it would be ambiguous which.
static ShardingRule product(Value a, Value b, Value y) {
  ShardingRule rule;
  addFactors(rule.factors, typeOf(a));
  addFactors(rule.factors, typeOf(b));
  llvm::erase_if(rule.factors, [&](StringRef factor) {
    return llvm::any_of(ArrayRef{a, b, y}, [&](Value value) {
      NamedTensorType type = typeOf(value);
      return !canSplit(type, factor) &&
             llvm::any_of(type.getDims(), [&](DimAttr dim) {
               return dim.hasFactor(factor);
             });
    });
  });
  rule.linear = {{0}, {1}};
  return rule;
}

static ShardingRule linear(LinearOp op) {
  return product(op.getX(), op.getW(), op.getY());
}

static ShardingRule linearGradX(LinearGradXOp op) {
  return product(op.getDy(), op.getW(), op.getDx());
}

static ShardingRule linearGradW(LinearGradWOp op) {
  ShardingRule rule = product(op.getDy(), op.getX(), op.getDw());
  rule.likeResult = {2};
  return rule;
}

void flm::attachLinearRules(MLIRContext *context) {
  attachRule<LinearOp, linear>(context);
  attachRule<LinearGradXOp, linearGradX>(context);
  attachRule<LinearGradWOp, linearGradW>(context);
}
