//===----------------------------------------------------------------------===//
// Gradient rules of the norms.
//===----------------------------------------------------------------------===//
#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/Vjp.h"

using namespace mlir;
using namespace flm;

/// The type in which the gradient of a gain or bias is summed over rows.
static NamedTensorType rowSumType(Value vector) {
  NamedTensorType type = typeOf(vector);
  return type.withElementType(accumulationType(type.getElementType()));
}

namespace {

struct RmsNormVjp : VjpOpInterface::ExternalModel<RmsNormVjp, RmsNormOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto norm = cast<RmsNormOp>(op);
    Value dy = vjp.cotangent(norm.getY());
    Value x = vjp.primal(norm.getX()), g = vjp.primal(norm.getG());
    vjp.accumulate(
        norm.getX(),
        RmsNormGradXOp::create(vjp.builder, derivedFrom(norm.getY(), "dx_"),
                               x.getType(), dy, x, g, norm.getEpsAttr()));
    vjp.accumulate(norm.getG(),
                   RmsNormGradGOp::create(
                       vjp.builder, derivedFrom(norm.getG(), "d_"),
                       rowSumType(norm.getG()), dy, x, norm.getEpsAttr()));
    return success();
  }
};

struct LayerNormVjp : VjpOpInterface::ExternalModel<LayerNormVjp, LayerNormOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto norm = cast<LayerNormOp>(op);
    Value dy = vjp.cotangent(norm.getY());
    Value x = vjp.primal(norm.getX()), g = vjp.primal(norm.getG());
    vjp.accumulate(
        norm.getX(),
        LayerNormGradXOp::create(vjp.builder, derivedFrom(norm.getY(), "dx_"),
                                 x.getType(), dy, x, g, norm.getEpsAttr()));
    vjp.accumulate(norm.getG(),
                   LayerNormGradGOp::create(
                       vjp.builder, derivedFrom(norm.getG(), "d_"),
                       rowSumType(norm.getG()), dy, x, norm.getEpsAttr()));
    vjp.accumulate(norm.getB(), LayerNormGradBOp::create(
                                    vjp.builder, derivedFrom(norm.getB(), "d_"),
                                    rowSumType(norm.getB()), dy));
    return success();
  }
};

} // namespace

void flm::registerNormRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, FlmDialect *) {
    RmsNormOp::attachInterface<RmsNormVjp>(*context);
    LayerNormOp::attachInterface<LayerNormVjp>(*context);
  });
}
