//===----------------------------------------------------------------------===//
// Gradient rules of add, scale, silu_mul and cast.
//===----------------------------------------------------------------------===//
#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/Vjp.h"

using namespace mlir;
using namespace flm;

namespace {

struct AddVjp : VjpOpInterface::ExternalModel<AddVjp, AddOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto add = cast<AddOp>(op);
    for (Value value : add.getValues())
      vjp.accumulate(value, vjp.cotangent(add.getY()));
    return success();
  }
};

struct ScaleVjp : VjpOpInterface::ExternalModel<ScaleVjp, ScaleOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto scale = cast<ScaleOp>(op);
    Value dy = vjp.cotangent(scale.getY());
    vjp.accumulate(scale.getX(),
                   ScaleOp::create(vjp.builder, derivedFrom(scale.getX(), "d_"),
                                   dy.getType(), dy, scale.getFactorAttr(),
                                   scale.getPerAttr()));
    return success();
  }
};

struct SiluMulVjp : VjpOpInterface::ExternalModel<SiluMulVjp, SiluMulOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto silu = cast<SiluMulOp>(op);
    StringRef gate = valueName(silu.getGate()), up = valueName(silu.getUp());
    Location loc = withoutName(silu.getLoc());
    if (!gate.empty() && !up.empty())
      loc = withName(loc, "d_" + gate + ", d_" + up);
    Type type = silu.getY().getType();
    auto grad = SiluMulGradOp::create(
        vjp.builder, loc, TypeRange{type, type}, vjp.cotangent(silu.getY()),
        vjp.primal(silu.getGate()), vjp.primal(silu.getUp()));
    vjp.accumulate(silu.getGate(), grad.getDgate());
    vjp.accumulate(silu.getUp(), grad.getDup());
    return success();
  }
};

/// The gradient of a weight that was narrowed for the forward pass is already
/// wide and stays so; others are converted back.
struct CastVjp : VjpOpInterface::ExternalModel<CastVjp, CastOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto cast = llvm::cast<CastOp>(op);
    Value dy = vjp.cotangent(cast.getY());
    if (dy.getType() != cast.getX().getType())
      dy = CastOp::create(vjp.builder, derivedFrom(cast.getX(), "d_"),
                          cast.getX().getType(), dy);
    vjp.accumulate(cast.getX(), dy);
    return success();
  }
};

} // namespace

void flm::registerElementwiseRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, FlmDialect *) {
    AddOp::attachInterface<AddVjp>(*context);
    ScaleOp::attachInterface<ScaleVjp>(*context);
    SiluMulOp::attachInterface<SiluMulVjp>(*context);
    CastOp::attachInterface<CastVjp>(*context);
  });
}
