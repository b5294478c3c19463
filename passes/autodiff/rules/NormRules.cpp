//===----------------------------------------------------------------------===//
// Gradient rule of rms_norm.
//===----------------------------------------------------------------------===//
#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/Vjp.h"

using namespace mlir;
using namespace flm;

namespace {

struct RmsNormVjp : VjpOpInterface::ExternalModel<RmsNormVjp, RmsNormOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto norm = cast<RmsNormOp>(op);
    Value dy = vjp.cotangent(norm.getY());
    Value x = vjp.primal(norm.getX()), g = vjp.primal(norm.getG());
    NamedTensorType gain = typeOf(norm.getG());
    vjp.accumulate(
        norm.getX(),
        RmsNormGradXOp::create(vjp.builder, derivedFrom(norm.getY(), "dx_"),
                               x.getType(), dy, x, g, norm.getEpsAttr()));
    vjp.accumulate(
        norm.getG(),
        RmsNormGradGOp::create(
            vjp.builder, derivedFrom(norm.getG(), "d_"),
            gain.withElementType(accumulationType(gain.getElementType())), dy,
            x, norm.getEpsAttr()));
    return success();
  }
};

} // namespace

void flm::registerNormRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, FlmDialect *) {
    RmsNormOp::attachInterface<RmsNormVjp>(*context);
  });
}
