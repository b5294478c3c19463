//===----------------------------------------------------------------------===//
// Types and verification of attention.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

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
