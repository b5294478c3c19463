//===----------------------------------------------------------------------===//
// The flm dialect: everything that C++ needs to read and build its IR.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_FLM_H
#define FLM_DIALECTS_FLM_FLM_H

#include "dialects/flm/Distribution.h"
#include "dialects/flm/OpInterfaces.h"
#include "dialects/flm/OpTraits.h"
#include "dialects/flm/Types.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/flm/ShardingRule.h.inc"

namespace flm {
class YieldOp;
} // namespace flm

#define GET_OP_CLASSES
#include "dialects/flm/FlmOps.h.inc"

#endif // FLM_DIALECTS_FLM_FLM_H
