//===----------------------------------------------------------------------===//
// Verification of cross-entropy, its primitives, and reductions.
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

/// `valid`, if any, counts entries of the last dim of `logits`.
static LogicalResult verifyValid(Operation *op, Value logits,
                                 std::optional<DimAttr> valid) {
  NamedTensorType type = typeOf(logits);
  if (!valid || !valid->isStatic() || !type.getRank() ||
      !type.getDims().back().isStatic() ||
      valid->size() <= type.getDims().back().size())
    return success();
  return op->emitOpError("has ")
         << valid->size() << " valid entries in the last dim of "
         << type.dimsText();
}

LogicalResult
CrossEntropyOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                 ValueRange operands, DictionaryAttr,
                                 mlir::OpaqueProperties, RegionRange,
                                 SmallVectorImpl<Type> &results) {
  NamedTensorType logits = typeOf(operands[0]), targets = typeOf(operands[1]);
  if (!logits.getRank() || logits.getDims().drop_back() != targets.getDims() ||
      !targets.getElementType().isInteger(32))
    return emitOptionalError(
        loc,
        "cross_entropy needs logits [..., vocab] and i32 targets [...]; got ",
        logits.dimsText(), " and ", targets);
  results.push_back(
      NamedTensorType::get({}, accumulationType(logits.getElementType())));
  return success();
}

LogicalResult CrossEntropyOp::verify() {
  return verifyValid(*this, getLogits(), getValid());
}

LogicalResult ReduceMaxOp::verify() {
  if (failed(verifyRows(*this, getLogits(), getY())))
    return failure();
  return verifyValid(*this, getLogits(), getValid());
}

LogicalResult SumExpOp::verify() {
  if (failed(verifyRows(*this, getLogits(), getMax())))
    return failure();
  return verifyValid(*this, getLogits(), getValid());
}

LogicalResult CrossEntropyGradOp::verify() {
  if (failed(verifyRows(*this, getLogits(), getMax())) ||
      failed(verifyRows(*this, getLogits(), getTargets())))
    return failure();
  if (!typeOf(getTargets()).getElementType().isInteger(32))
    return emitOpError("takes i32 targets, got ") << getTargets().getType();
  if (typeOf(getSeed()).getRank())
    return emitOpError("takes a scalar seed [], not ")
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
