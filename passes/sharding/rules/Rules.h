//===----------------------------------------------------------------------===//
// Sharding rules of all ops, as data. One file per op family.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_RULES_RULES_H
#define FLM_PASSES_SHARDING_RULES_RULES_H

#include "dialects/flm/Flm.h"

namespace flm {

/// First factors of the dims of `type`: what it can be split along.
void addFactors(llvm::SmallVectorImpl<llvm::StringRef> &factors,
                NamedTensorType type);

/// Attaches a rule: `Make` turns an op into its ShardingRule.
template <typename Op, ShardingRule (*Make)(Op)>
struct RuleOf
    : ShardingRuleOpInterface::template ExternalModel<RuleOf<Op, Make>, Op> {
  ShardingRule getShardingRule(mlir::Operation *op) const {
    return Make(llvm::cast<Op>(op));
  }
};

template <typename Op, ShardingRule (*Make)(Op)>
void attachRule(mlir::MLIRContext *context) {
  Op::template attachInterface<RuleOf<Op, Make>>(*context);
}

void attachAttentionRules(mlir::MLIRContext *context);
void attachElementwiseRules(mlir::MLIRContext *context);
void attachEmbeddingRules(mlir::MLIRContext *context);
void attachLinearRules(mlir::MLIRContext *context);
void attachLossRules(mlir::MLIRContext *context);
void attachNormRules(mlir::MLIRContext *context);
void attachTrainRules(mlir::MLIRContext *context);

} // namespace flm

#endif // FLM_PASSES_SHARDING_RULES_RULES_H
