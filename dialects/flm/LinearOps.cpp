//===----------------------------------------------------------------------===//
// Types and verification of the products.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

using namespace mlir;
using namespace flm;

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
