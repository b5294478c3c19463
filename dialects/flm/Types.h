//===----------------------------------------------------------------------===//
// The dialect's attributes and types.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_TYPES_H
#define FLM_DIALECTS_FLM_TYPES_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"

#include "dialects/flm/FlmDialect.h.inc"
#include "dialects/flm/FlmEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/flm/FlmAttributes.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/flm/FlmTypes.h.inc"

namespace flm {

/// The type of `value`, which must be a tensor of this dialect.
inline NamedTensorType typeOf(mlir::Value value) {
  return llvm::cast<NamedTensorType>(value.getType());
}

/// Whether all values have the same dims and element type.
bool sameShape(std::initializer_list<mlir::Value> values);
/// Whether two types are equal but for their distribution.
bool sameShape(mlir::Type a, mlir::Type b);
/// The same, for the result types of an op.
bool sameShapes(mlir::TypeRange a, mlir::TypeRange b);

/// The element type of sums over a model's values of `elementType` (losses,
/// statistics, weight gradients): f32, or f64 where all is f64.
mlir::Type accumulationType(mlir::Type elementType);

} // namespace flm

#endif // FLM_DIALECTS_FLM_TYPES_H
