//===----------------------------------------------------------------------===//
// What the bodies of models, programs, loops and pipelines may hold.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECT_BODIES_H
#define FLM_DIALECT_BODIES_H

#include "mlir/IR/Operation.h"

namespace flm {

/// Refuses arguments of the regions of `op` that are no tensors with named
/// dims.
mlir::LogicalResult verifyArguments(mlir::Operation *op);

/// Refuses ops in the regions of `op` that are not of this dialect: everything
/// that reads a body knows all of its ops.
mlir::LogicalResult verifyOwnOps(mlir::Operation *op);

} // namespace flm

#endif // FLM_DIALECT_BODIES_H
