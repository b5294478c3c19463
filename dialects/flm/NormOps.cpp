//===----------------------------------------------------------------------===//
// Verification of the norms.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

using namespace mlir;
using namespace flm;

LogicalResult RmsNormOp::verify() {
  NamedTensorType x = typeOf(getX()), g = typeOf(getG());
  if (!x.getRank() || g.getDims() != x.getDims().take_back(1))
    return emitOpError("needs a gain with the last dim of ")
           << x.dimsText() << ", got " << g.dimsText();
  if (!(getEps().convertToDouble() > 0))
    return emitOpError("needs a positive eps");
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
