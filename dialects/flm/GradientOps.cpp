//===----------------------------------------------------------------------===//
// Verification of the gradient ops.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

using namespace mlir;
using namespace flm;

LogicalResult EmbeddingGradOp::verify() {
  NamedTensorType dy = typeOf(getDy()), tokens = typeOf(getTokens()),
                  dtable = typeOf(getDtable());
  if (!dy.getRank() || dy.getDims().drop_back() != tokens.getDims())
    return emitOpError("needs one gradient row per token, got ")
           << dy.dimsText() << " for tokens " << tokens.dimsText();
  if (dtable.getRank() != 2 || dtable.getDims().back() != dy.getDims().back())
    return emitOpError("gives [vocab, width] with the width of ")
           << dy.dimsText() << ", not " << dtable.dimsText();
  return success();
}

LogicalResult LinearGradXOp::verify() {
  NamedTensorType dy = typeOf(getDy()), w = typeOf(getW()),
                  dx = typeOf(getDx());
  if (w.getRank() != 2 || !dy.getRank() || !dx.getRank() ||
      dy.getDims().back() != w.getDims()[0] ||
      dx.getDims().back() != w.getDims()[1] ||
      dy.getDims().drop_back() != dx.getDims().drop_back())
    return emitOpError("needs dy [..., out], w [out, in] and gives [..., in]; "
                       "got ")
           << dy.dimsText() << ", " << w.dimsText() << " and " << dx.dimsText();
  return success();
}

LogicalResult LinearGradWOp::verify() {
  NamedTensorType dy = typeOf(getDy()), x = typeOf(getX()),
                  dw = typeOf(getDw());
  if (dw.getRank() != 2 || !dy.getRank() || !x.getRank() ||
      dy.getDims().back() != dw.getDims()[0] ||
      x.getDims().back() != dw.getDims()[1] ||
      dy.getDims().drop_back() != x.getDims().drop_back())
    return emitOpError("needs dy [..., out], x [..., in] and gives [out, in]; "
                       "got ")
           << dy.dimsText() << ", " << x.dimsText() << " and " << dw.dimsText();
  return success();
}

LogicalResult RmsNormGradXOp::verify() {
  NamedTensorType x = typeOf(getX()), g = typeOf(getG());
  if (!x.getRank() || g.getDims() != x.getDims().take_back(1))
    return emitOpError("needs a gain with the last dim of ")
           << x.dimsText() << ", got " << g.dimsText();
  return success();
}

LogicalResult RmsNormGradGOp::verify() {
  NamedTensorType x = typeOf(getX()), dg = typeOf(getDg());
  if (!x.getRank() || dg.getDims() != x.getDims().take_back(1))
    return emitOpError("gives a gradient with the last dim of ")
           << x.dimsText() << ", not " << dg.dimsText();
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
