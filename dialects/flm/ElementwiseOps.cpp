//===----------------------------------------------------------------------===//
// Verification and simplification of the elementwise ops.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace flm;

LogicalResult AddOp::verify() {
  if (getValues().empty())
    return emitOpError("needs at least one operand");
  for (Value value : getValues())
    if (!sameShape(value.getType(), getType()))
      return emitOpError("adds values of one shape, got ")
             << value.getType() << " and " << getType();
  return success();
}

OpFoldResult AddOp::fold(FoldAdaptor) {
  if (getValues().size() == 1 && getValues().front().getType() == getType())
    return getValues().front();
  return {};
}

double ScaleOp::multiplier() {
  double factor = getFactor().convertToDouble();
  return getPer() ? factor / static_cast<double>(getPer()->size()) : factor;
}

/// The dims of two divisions in one; either may be null.
static DimAttr product(DimAttr a, DimAttr b) {
  if (!a || !b)
    return a ? a : b;
  SmallVector<StringAttr> names(a.getNames());
  SmallVector<int64_t> sizes(a.getSizes());
  llvm::append_range(names, b.getNames());
  llvm::append_range(sizes, b.getSizes());
  return DimAttr::get(a.getContext(), names, sizes);
}

/// Multiplications by several constants become one, rounded once: only then do
/// bits not depend on how a mean is spread over loops and ranks.
static LogicalResult mergeConstants(ScaleOp op, PatternRewriter &rewriter) {
  if (op.getPer() && !op.getPer()->isStatic())
    return failure();
  if (auto fill = op.getX().getDefiningOp<FillOp>()) {
    double value = fill.getValue().convertToDouble() * op.multiplier();
    rewriter
        .replaceOpWithNewOp<FillOp>(op, op.getType(),
                                    rewriter.getF64FloatAttr(value))
        ->setLoc(op.getLoc());
    return success();
  }
  auto inner = op.getX().getDefiningOp<ScaleOp>();
  if (!inner || !inner->hasOneUse())
    return failure();
  double factor =
      inner.getFactor().convertToDouble() * op.getFactor().convertToDouble();
  rewriter.modifyOpInPlace(op, [&] {
    op.getXMutable().assign(inner.getX());
    op.setFactorAttr(rewriter.getF64FloatAttr(factor));
    if (DimAttr per = product(inner.getPerAttr(), op.getPerAttr()))
      op.setPerAttr(per);
  });
  return success();
}

void ScaleOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *) {
  patterns.add(mergeConstants);
}

LogicalResult CastOp::verify() {
  NamedTensorType from = typeOf(getX()), to = typeOf(getY());
  if (!from.sameDims(to) || from.getStates() != to.getStates())
    return emitOpError("changes only the element type, got ")
           << from << " and " << to;
  return success();
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  return getX().getType() == getType() ? getX() : Value();
}
