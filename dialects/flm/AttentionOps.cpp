//===----------------------------------------------------------------------===//
// Types and verification of attention.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"
#include "dialects/flm/LocalForm.h"

using namespace mlir;
using namespace flm;

/// Whether the last dim of `type` is heads * head_dim with a position before.
static LogicalResult verifyHeads(Operation *op, NamedTensorType type,
                                 bool evenHeadDim) {
  if (type.getRank() < 2 || type.getDims().back().getNames().size() != 2)
    return op->emitOpError("needs [..., positions, heads * head_dim], got ")
           << type.dimsText();
  int64_t headDim = type.getDims().back().getSizes().back();
  if (evenHeadDim && !ShapedType::isDynamic(headDim) && headDim % 2)
    return op->emitOpError("rotates pairs: head_dim must be even, not ")
           << headDim;
  return success();
}

LogicalResult RopeOp::verify() {
  if (!(getTheta().convertToDouble() > 1))
    return emitOpError("needs a theta above 1");
  return verifyHeads(*this, typeOf(getX()), /*evenHeadDim=*/true);
}

/// The rank's positions begin at its index times how many it has.
void RopeOp::becomeLocal(function_ref<int64_t(NamedTensorType)>) {
  NamedTensorType type = typeOf(getX());
  DimAttr positions = type.getDims()[type.getRank() - 2];
  for (AxisStateAttr state : type.getStates())
    if (state.getKind() == AxisStateKind::Split &&
        state.getArgument() == positions.getNames().front())
      (*this)->setAttr(kPositionsAxis, state.getAxis());
}

NamedTensorType AttentionOp::lseType(NamedTensorType query) {
  MLIRContext *context = query.getContext();
  DimAttr features = query.getDims().back();
  SmallVector<DimAttr> dims(query.getDims().drop_back());
  dims.insert(dims.end() - 1,
              DimAttr::get(context, features.getNames().take_front(),
                           features.getSizes().take_front()));
  return NamedTensorType::get(dims, accumulationType(query.getElementType()));
}

LogicalResult AttentionOp::verify() {
  if (failed(verifyHeads(*this, typeOf(getQ()), /*evenHeadDim=*/false)))
    return failure();
  if (!sameShape({getQ(), getK(), getV(), getY()}))
    return emitOpError("needs q, k, v and its result to have one shape, got ")
           << getQ().getType() << ", " << getK().getType() << ", "
           << getV().getType() << " and " << getY().getType();
  if (getLse() && !typeOf(getLse()).sameDims(lseType(typeOf(getQ()))))
    return emitOpError("has a log-sum-exp of dims ")
           << typeOf(getLse()).dimsText() << ", expected "
           << lseType(typeOf(getQ())).dimsText();
  return success();
}

/// Scores and their products with the values. A causal mask leaves half of them
/// (the convention of Megatron-Core).
double AttentionOp::flopsPerToken() {
  NamedTensorType q = typeOf(getQ());
  double positions = static_cast<double>(q.getDims()[q.getRank() - 2].size());
  double features = static_cast<double>(q.getDims().back().size());
  return (getCausal() ? 2.0 : 4.0) * positions * features;
}

LogicalResult AttentionGradOp::verify() {
  NamedTensorType q = typeOf(getQ()), lse = typeOf(getLse());
  if (q.getRank() < 2 || q.getDims().back().getNames().size() != 2)
    return emitOpError("needs [..., positions, heads * head_dim], got ")
           << q.dimsText();
  if (!sameShape(q, getK().getType()))
    return emitOpError("needs q, k, v and the result to have one shape, got ")
           << q << " and " << getK().getType();
  if (!lse.sameDims(AttentionOp::lseType(q)))
    return emitOpError("has a log-sum-exp of dims ")
           << lse.dimsText() << ", expected "
           << AttentionOp::lseType(q).dimsText();
  return success();
}
