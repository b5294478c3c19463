//===----------------------------------------------------------------------===//
// Sharding rules of the optimizer and what belongs to it. AdamW is elementwise
// but linear in nothing: a partial gradient must be reduced first. Squares are
// not linear either; their sum over split parts is partial.
//===----------------------------------------------------------------------===//
#include "passes/sharding/rules/Rules.h"

using namespace mlir;
using namespace flm;

static ShardingRule anyPart(Value value) {
  ShardingRule rule;
  addFactors(rule.factors, typeOf(value));
  rule.flat = typeOf(value).getRank() > 0;
  return rule;
}

static ShardingRule sumSquares(SumSquaresOp op) { return anyPart(op.getX()); }
static ShardingRule adamW(AdamWOp op) { return anyPart(op.getParam()); }

/// All dims; chunk sums of a part are a term of the sums.
static ShardingRule chunkSums(ChunkSumsOp op) { return anyPart(op.getX()); }

/// The order of the chunks is fixed, so the vector stays whole.
static ShardingRule chunkTotal(ChunkTotalOp) {
  ShardingRule rule;
  rule.linear = {{0}};
  return rule;
}

static ShardingRule fold(FoldOp op) {
  ShardingRule rule;
  addFactors(rule.factors, typeOf(op.getY()));
  rule.linear = {{0}};
  return rule;
}

/// Element i depends on i alone.
static ShardingRule truncatedNormal(TruncatedNormalOp op) {
  return anyPart(op.getValue());
}

/// Norm and factor are nonlinear in the sum of squares; a mean of absolute
/// values divides by the size of what it sees. Both want the whole value.
static ShardingRule clip(ClipOp) { return {}; }
static ShardingRule meanAbs(MeanAbsOp) { return {}; }

void flm::attachTrainRules(MLIRContext *context) {
  attachRule<SumSquaresOp, sumSquares>(context);
  attachRule<ChunkSumsOp, chunkSums>(context);
  attachRule<ChunkTotalOp, chunkTotal>(context);
  attachRule<FoldOp, fold>(context);
  attachRule<AdamWOp, adamW>(context);
  attachRule<TruncatedNormalOp, truncatedNormal>(context);
  attachRule<ClipOp, clip>(context);
  attachRule<MeanAbsOp, meanAbs>(context);
}
