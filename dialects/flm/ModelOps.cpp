//===----------------------------------------------------------------------===//
// Type inference and verification of the forward ops.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace flm;

/// The type in which a loss is kept: f32, or f64 where all is f64.
static Type lossElementType(Type elementType) {
  if (elementType.isF64())
    return elementType;
  return Float32Type::get(elementType.getContext());
}

//===----------------------------------------------------------------------===//
// EmbeddingOp
//===----------------------------------------------------------------------===//

LogicalResult EmbeddingOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> loc,
                                            ValueRange operands, DictionaryAttr,
                                            mlir::OpaqueProperties, RegionRange,
                                            SmallVectorImpl<Type> &results) {
  NamedTensorType tokens = typeOf(operands[0]), table = typeOf(operands[1]);
  if (!tokens.getElementType().isInteger(32))
    return emitOptionalError(loc, "embedding takes i32 tokens, got ", tokens);
  if (table.getRank() != 2)
    return emitOptionalError(
        loc, "embedding needs a table [vocab, width], got ", table.dimsText());
  SmallVector<DimAttr> dims(tokens.getDims());
  dims.push_back(table.getDims().back());
  results.push_back(NamedTensorType::get(dims, table.getElementType()));
  return success();
}

//===----------------------------------------------------------------------===//
// LinearOp
//===----------------------------------------------------------------------===//

LogicalResult LinearOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> loc,
                                         ValueRange operands, DictionaryAttr,
                                         mlir::OpaqueProperties, RegionRange,
                                         SmallVectorImpl<Type> &results) {
  NamedTensorType x = typeOf(operands[0]), w = typeOf(operands[1]);
  if (w.getRank() != 2 || !x.getRank())
    return emitOptionalError(loc,
                             "linear needs x [..., in] and w [out, in]; got ",
                             x.dimsText(), " and ", w.dimsText());
  if (x.getElementType() != w.getElementType())
    return emitOptionalError(loc, "linear needs one element type, got ", x,
                             " and ", w);
  DimAttr in = x.getDims().back();
  if (in != w.getDims()[1]) {
    if (in == w.getDims()[0])
      return emitOptionalError(
          loc, "linear contracts the last dim of x ", x.dimsText(),
          " with the last dim of w ", w.dimsText(),
          ": the weight is transposed; weights are [out, in]");
    return emitOptionalError(
        loc, "linear contracts the last dim of x ", x.dimsText(),
        " with the last dim of w ", w.dimsText(), ": ",
        NamedTensorType::get({in}, x.getElementType()).dimsText(), " is not ",
        NamedTensorType::get({w.getDims()[1]}, x.getElementType()).dimsText());
  }
  SmallVector<DimAttr> dims(x.getDims());
  dims.back() = w.getDims()[0];
  results.push_back(NamedTensorType::get(dims, x.getElementType()));
  return success();
}

//===----------------------------------------------------------------------===//
// RmsNormOp, RopeOp, AttentionOp
//===----------------------------------------------------------------------===//

LogicalResult RmsNormOp::verify() {
  NamedTensorType x = typeOf(getX()), g = typeOf(getG());
  if (!x.getRank() || g.getDims() != x.getDims().take_back(1))
    return emitOpError("needs a gain with the last dim of ")
           << x.dimsText() << ", got " << g.dimsText();
  if (!(getEps().convertToDouble() > 0))
    return emitOpError("needs a positive eps");
  return success();
}

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
  return NamedTensorType::get(dims, lossElementType(query.getElementType()));
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

//===----------------------------------------------------------------------===//
// AddOp, ScaleOp
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// CrossEntropyOp
//===----------------------------------------------------------------------===//

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
      NamedTensorType::get({}, lossElementType(logits.getElementType())));
  return success();
}
