//===----------------------------------------------------------------------===//
// Types and verification of the ops on tables.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

using namespace mlir;
using namespace flm;

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
