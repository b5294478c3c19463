//===----------------------------------------------------------------------===//
// What a plan costs, for people: collectives and memory of a sharded program.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_SHARDREPORT_H
#define FLM_PASSES_SHARDING_SHARDREPORT_H

#include "passes/sharding/Topology.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace flm {

/// Prints, of a module after the stage `shard`: the collectives of @train_step
/// by loop nest, with bytes per layer and per step and their time on
/// `topology`; totals by mesh axis; the bytes of parameters, gradients and
/// optimizer state that a rank has.
void printShardReport(mlir::ModuleOp module, const Topology &topology,
                      llvm::raw_ostream &os);

} // namespace flm

#endif // FLM_PASSES_SHARDING_SHARDREPORT_H
