//===----------------------------------------------------------------------===//
// Stage `shard`: how every value lies on the mesh. Stage `local`: the program of
// one rank.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_PASSES_H
#define FLM_PASSES_SHARDING_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm {

#define GEN_PASS_DECL
#include "passes/sharding/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/sharding/Passes.h.inc"

void buildShardPipeline(mlir::OpPassManager &pm);
void buildLocalPipeline(mlir::OpPassManager &pm);

/// Attaches the sharding rules of all ops, which verify distributed types.
void registerShardingRules(mlir::DialectRegistry &registry);

} // namespace flm

#endif // FLM_PASSES_SHARDING_PASSES_H
