//===----------------------------------------------------------------------===//
// What parameters may be called: their names are keys of a checkpoint.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECT_PARAMETERNAMES_H
#define FLM_DIALECT_PARAMETERNAMES_H

#include "mlir/IR/Operation.h"

namespace flm {

class ModelOp;
class LoopOp;

/// The name of the parameter that stacks `name` of each iteration of `loop`:
/// "model.layers.*.NAME". A checkpoint has the iteration's number for the `*`.
std::string stackedName(LoopOp loop, llvm::StringRef name);

/// Refuses a name (of a parameter, or of state) that no checkpoint can hold.
mlir::LogicalResult verifyCheckpointName(mlir::Operation *op,
                                         llvm::StringRef name);

/// Refuses a model, config, recipe or plan whose name no manifest can hold.
mlir::LogicalResult verifySymbolName(mlir::Operation *op);

/// Every parameter of `model` must have a name of its own in a checkpoint, with
/// one tensor for each iteration of the loops around it.
mlir::LogicalResult verifyParameterNames(ModelOp model);

} // namespace flm

#endif // FLM_DIALECT_PARAMETERNAMES_H
