//===----------------------------------------------------------------------===//
// Gradient rule of linear.
//===----------------------------------------------------------------------===//
#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/Vjp.h"

using namespace mlir;
using namespace flm;

namespace {

struct LinearVjp : VjpOpInterface::ExternalModel<LinearVjp, LinearOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto linear = cast<LinearOp>(op);
    Value dy = vjp.cotangent(linear.getY());
    NamedTensorType weight = typeOf(linear.getW());
    vjp.accumulate(linear.getX(),
                   LinearGradXOp::create(
                       vjp.builder, derivedFrom(linear.getY(), "dx_"),
                       linear.getX().getType(), dy, vjp.primal(linear.getW())));
    vjp.accumulate(
        linear.getW(),
        LinearGradWOp::create(
            vjp.builder, derivedFrom(linear.getW(), "d_"),
            weight.withElementType(accumulationType(weight.getElementType())),
            dy, vjp.primal(linear.getX()), Value()));
    return success();
  }
};

} // namespace

void flm::registerLinearRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, FlmDialect *) {
    LinearOp::attachInterface<LinearVjp>(*context);
  });
}
