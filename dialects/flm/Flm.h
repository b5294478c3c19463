//===----------------------------------------------------------------------===//
// The flm dialect: everything that C++ needs to read and build its IR.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_FLM_H
#define FLM_DIALECTS_FLM_FLM_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/flm/FlmDialect.h.inc"
#include "dialects/flm/FlmEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/flm/FlmAttributes.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/flm/FlmTypes.h.inc"

namespace flm {
class YieldOp;

/// The type of `value`, which must be a tensor of this dialect.
inline NamedTensorType typeOf(mlir::Value value) {
  return llvm::cast<NamedTensorType>(value.getType());
}
} // namespace flm

#define GET_OP_CLASSES
#include "dialects/flm/FlmOps.h.inc"

#endif // FLM_DIALECTS_FLM_FLM_H
