//===----------------------------------------------------------------------===//
// Sharding rules of all ops, as data.
//===----------------------------------------------------------------------===//
#include "passes/sharding/rules/Rules.h"

#include "passes/sharding/Passes.h"

using namespace mlir;
using namespace flm;

void flm::addFactors(SmallVectorImpl<StringRef> &factors,
                     NamedTensorType type) {
  for (DimAttr dim : type.getDims()) {
    StringRef name = dim.getNames().front().getValue();
    if (canSplit(type, name) && !llvm::is_contained(factors, name))
      factors.push_back(name);
  }
}

void flm::registerShardingRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, FlmDialect *) {
    attachAttentionRules(context);
    attachElementwiseRules(context);
    attachEmbeddingRules(context);
    attachLinearRules(context);
    attachLossRules(context);
    attachNormRules(context);
    attachTrainRules(context);
  });
}
