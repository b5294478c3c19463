//===----------------------------------------------------------------------===//
// Verification of the primitives of cross-entropy and of reductions.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

using namespace mlir;
using namespace flm;

/// A row-wise reduction of `logits` must have the dims before the vocabulary.
static LogicalResult verifyRows(Operation *op, Value logits, Value rows) {
  NamedTensorType from = typeOf(logits), to = typeOf(rows);
  if (!from.getRank() || from.getDims().drop_back() != to.getDims())
    return op->emitOpError("reduces the last dim of ")
           << from.dimsText() << ", which does not give " << to.dimsText();
  return success();
}

/// `valid` classes must be among the entries of the last dim.
static LogicalResult verifyValid(Operation *op, Value logits,
                                 std::optional<DimAttr> valid) {
  if (!valid)
    return success();
  DimAttr last = typeOf(logits).getDims().back();
  if (last.isStatic() && valid->isStatic() && valid->size() > last.size())
    return op->emitOpError("has ")
           << valid->size() << " valid entries of " << last.size();
  return success();
}

LogicalResult ReduceMaxOp::verify() {
  if (failed(verifyRows(*this, getLogits(), getY())))
    return failure();
  return verifyValid(*this, getLogits(), getValid());
}

LogicalResult SumExpOp::verify() {
  if (failed(verifyRows(*this, getLogits(), getMax())) ||
      failed(verifyRows(*this, getLogits(), getY())))
    return failure();
  return verifyValid(*this, getLogits(), getValid());
}

LogicalResult CrossEntropyGradOp::verify() {
  if (failed(verifyRows(*this, getLogits(), getMax())) ||
      failed(verifyRows(*this, getLogits(), getTargets())))
    return failure();
  if (typeOf(getSeed()).getRank())
    return emitOpError("needs a scalar seed, got ")
           << typeOf(getSeed()).dimsText();
  return verifyValid(*this, getLogits(), getValid());
}

LogicalResult PickOp::verify() {
  if (failed(verifyRows(*this, getLogits(), getTargets())))
    return failure();
  if (!typeOf(getTargets()).getElementType().isInteger(32))
    return emitOpError("takes i32 targets, got ") << getTargets().getType();
  return verifyRows(*this, getLogits(), getY());
}

static LogicalResult verifyScalar(Operation *op, Value scalar) {
  if (typeOf(scalar).getRank())
    return op->emitOpError("gives a scalar [], not ")
           << typeOf(scalar).dimsText();
  return success();
}

LogicalResult SumOp::verify() { return verifyScalar(*this, getY()); }
LogicalResult SumSquaresOp::verify() { return verifyScalar(*this, getY()); }
LogicalResult MeanAbsOp::verify() { return verifyScalar(*this, getY()); }
