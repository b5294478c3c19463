//===----------------------------------------------------------------------===//
// The memory that collectives take at run time, as the runtime computes it.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_COLLECTIVESTAGING_H
#define FLM_CODEGEN_BUFFERS_COLLECTIVESTAGING_H

#include "dialects/flm/Flm.h"

#include "mlir/IR/BuiltinOps.h"

namespace flm {

/// This rank's tensor where it is whole over the axis of `collective`: the
/// `shape` of runtime/abi/Manifest.md.
NamedTensorType wholeType(CollectiveOp collective);

/// Bytes that a rank's collectives take besides their operands and results: one
/// is carried out at a time, so those of the most demanding one (see
/// flm::abi::roundsOf). Copies of what is sent along a pipeline and has not
/// been received are not among them.
int64_t stagingBytes(mlir::ModuleOp module);

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_COLLECTIVESTAGING_H
