//===----------------------------------------------------------------------===//
// Gradient rule of embedding.
//===----------------------------------------------------------------------===//
#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/Vjp.h"

using namespace mlir;
using namespace flm;

namespace {

struct EmbeddingVjp : VjpOpInterface::ExternalModel<EmbeddingVjp, EmbeddingOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto embedding = cast<EmbeddingOp>(op);
    NamedTensorType table = typeOf(embedding.getTable());
    vjp.accumulate(
        embedding.getTable(),
        EmbeddingGradOp::create(
            vjp.builder, derivedFrom(embedding.getTable(), "d_"),
            table.withElementType(accumulationType(table.getElementType())),
            vjp.cotangent(embedding.getY()), vjp.primal(embedding.getTokens()),
            Value()));
    return success();
  }
};

} // namespace

void flm::registerEmbeddingRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, FlmDialect *) {
    EmbeddingOp::attachInterface<EmbeddingVjp>(*context);
  });
}
