//===----------------------------------------------------------------------===//
// Verification of the norms.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

using namespace mlir;
using namespace flm;

static bool isLastDimOf(Value x, Value vector) {
  NamedTensorType type = typeOf(x);
  return type.getRank() &&
         typeOf(vector).getDims() == type.getDims().take_back(1);
}

/// `what` ("a gain") is `vector`, and scales or shifts the last dim of `x`.
static LogicalResult verifyOperand(Operation *op, Value x, Value vector,
                                   StringRef what) {
  if (isLastDimOf(x, vector))
    return success();
  return op->emitOpError("needs ")
         << what << " with the last dim of " << typeOf(x).dimsText() << ", got "
         << typeOf(vector).dimsText();
}

/// `gradient` is a sum over the rows of `x`.
static LogicalResult verifyRowSum(Operation *op, Value x, Value gradient) {
  if (isLastDimOf(x, gradient))
    return success();
  return op->emitOpError("gives a gradient with the last dim of ")
         << typeOf(x).dimsText() << ", not " << typeOf(gradient).dimsText();
}

template <typename Op> static LogicalResult verifyEps(Op op) {
  if (op.getEps().convertToDouble() > 0)
    return success();
  return op.emitOpError("needs a positive eps");
}

LogicalResult RmsNormOp::verify() {
  if (failed(verifyOperand(*this, getX(), getG(), "a gain")))
    return failure();
  return verifyEps(*this);
}

std::optional<ParameterUse> RmsNormOp::parameterUse(OpOperand &operand) {
  if (&operand != &getGMutable())
    return std::nullopt;
  return ParameterUse{ParameterUse::Gain};
}

LogicalResult RmsNormGradXOp::verify() {
  return verifyOperand(*this, getX(), getG(), "a gain");
}

LogicalResult RmsNormGradGOp::verify() {
  return verifyRowSum(*this, getX(), getDg());
}

LogicalResult LayerNormOp::verify() {
  if (failed(verifyOperand(*this, getX(), getG(), "a gain")) ||
      failed(verifyOperand(*this, getX(), getB(), "a bias")))
    return failure();
  return verifyEps(*this);
}

std::optional<ParameterUse> LayerNormOp::parameterUse(OpOperand &operand) {
  if (&operand == &getGMutable())
    return ParameterUse{ParameterUse::Gain};
  if (&operand == &getBMutable())
    return ParameterUse{ParameterUse::Bias};
  return std::nullopt;
}

LogicalResult LayerNormGradXOp::verify() {
  return verifyOperand(*this, getX(), getG(), "a gain");
}

LogicalResult LayerNormGradGOp::verify() {
  return verifyRowSum(*this, getX(), getDg());
}

LogicalResult LayerNormGradBOp::verify() {
  return verifyRowSum(*this, getDy(), getDb());
}
