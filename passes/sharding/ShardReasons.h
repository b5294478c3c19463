//===----------------------------------------------------------------------===//
// Why values lie on the mesh as they do, for people.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_SHARDREASONS_H
#define FLM_PASSES_SHARDING_SHARDREASONS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace flm {

/// The discardable attribute in which flm-assign-shardings keeps its reasons: a
/// dictionary from mesh axis to text.
constexpr llvm::StringLiteral kWhy = "flm.why";

/// Prints the values of @train_step in the order of the program, with how each
/// lies on the axes over which it is not replicated, and the reason for every
/// axis that was decided. Needs the reasons (`reasons` of
/// flm-assign-shardings).
void printShardReasons(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace flm

#endif // FLM_PASSES_SHARDING_SHARDREASONS_H
