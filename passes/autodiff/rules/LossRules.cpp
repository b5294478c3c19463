//===----------------------------------------------------------------------===//
// Gradient rule of cross_entropy.
//===----------------------------------------------------------------------===//
#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/ExpandCrossEntropy.h"
#include "passes/autodiff/Vjp.h"

using namespace mlir;
using namespace flm;

namespace {

/// Maximum and sum of exponentials are built again from the logits; they are
/// the same ops that expanding the forward loss makes, and CSE joins them.
struct CrossEntropyVjp
    : VjpOpInterface::ExternalModel<CrossEntropyVjp, CrossEntropyOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto loss = cast<CrossEntropyOp>(op);
    Value logits = vjp.primal(loss.getLogits());
    Value targets = vjp.primal(loss.getTargets());
    SoftmaxStatistics rows = buildSoftmaxStatistics(
        vjp.builder, loss.getLoc(), logits, loss.getValidAttr());
    Value dloss = vjp.cotangent(loss.getLoss());
    Value seed = ScaleOp::create(
        vjp.builder, derivedFrom(loss.getLoss(), "d_", "_token"),
        dloss.getType(), dloss, vjp.builder.getF64FloatAttr(1.0),
        meanDim(typeOf(loss.getTargets())));
    vjp.accumulate(loss.getLogits(),
                   CrossEntropyGradOp::create(
                       vjp.builder, derivedFrom(loss.getLogits(), "d_"),
                       logits.getType(), logits, rows.max, rows.sumExp, targets,
                       seed, loss.getValidAttr()));
    return success();
  }
};

} // namespace

void flm::registerLossRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, FlmDialect *) {
    CrossEntropyOp::attachInterface<CrossEntropyVjp>(*context);
  });
}
