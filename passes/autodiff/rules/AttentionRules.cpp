//===----------------------------------------------------------------------===//
// Gradient rules of rope and attention.
//===----------------------------------------------------------------------===//
#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/Vjp.h"

using namespace mlir;
using namespace flm;

namespace {

/// A rotation's transpose rotates back.
struct RopeVjp : VjpOpInterface::ExternalModel<RopeVjp, RopeOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto rope = cast<RopeOp>(op);
    vjp.accumulate(
        rope.getX(),
        RopeOp::create(
            vjp.builder, derivedFrom(rope.getX(), "d_"), rope.getX().getType(),
            vjp.cotangent(rope.getY()), rope.getThetaAttr(),
            rope.getInverse() ? UnitAttr() : vjp.builder.getUnitAttr()));
    return success();
  }
};

struct AttentionVjp : VjpOpInterface::ExternalModel<AttentionVjp, AttentionOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    auto attention = cast<AttentionOp>(op);
    assert(attention.getLse() && "addLogSumExps has not run");
    Value dy = vjp.cotangent(attention.getY());
    Value q = vjp.primal(attention.getQ()), k = vjp.primal(attention.getK()),
          v = vjp.primal(attention.getV()), y = vjp.primal(attention.getY()),
          lse = vjp.primal(attention.getLse());
    Location loc = withoutName(attention.getLoc());
    StringRef names[] = {valueName(attention.getQ()),
                         valueName(attention.getK()),
                         valueName(attention.getV())};
    if (llvm::none_of(names, [](StringRef n) { return n.empty(); }))
      loc = withName(loc,
                     "d_" + names[0] + ", d_" + names[1] + ", d_" + names[2]);
    auto grad = AttentionGradOp::create(
        vjp.builder, loc, TypeRange{q.getType(), k.getType(), v.getType()}, dy,
        q, k, v, y, lse, attention.getCausalAttr());
    vjp.accumulate(attention.getQ(), grad.getDq());
    vjp.accumulate(attention.getK(), grad.getDk());
    vjp.accumulate(attention.getV(), grad.getDv());
    return success();
  }
};

} // namespace

void flm::addLogSumExps(Block &block) {
  SmallVector<AttentionOp> attentions;
  block.walk([&](AttentionOp op) {
    if (!op.getLse())
      attentions.push_back(op);
  });
  for (AttentionOp op : attentions) {
    OpBuilder builder(op);
    StringRef name = valueName(op.getY());
    Location loc = name.empty() ? op.getLoc()
                                : withName(op.getLoc(), name + ", lse_" + name);
    auto full = AttentionOp::create(
        builder, loc,
        TypeRange{op.getY().getType(), AttentionOp::lseType(typeOf(op.getQ()))},
        op->getOperands(), op->getAttrs());
    op.getY().replaceAllUsesWith(full.getY());
    op.erase();
  }
}

void flm::registerAttentionRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, FlmDialect *) {
    RopeOp::attachInterface<RopeVjp>(*context);
    AttentionOp::attachInterface<AttentionVjp>(*context);
  });
}
