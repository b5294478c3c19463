//===----------------------------------------------------------------------===//
// Stage `shard`: how every value lies on the mesh. Stage `local`: the program
// of one rank.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_PASSES_H
#define FLM_PASSES_SHARDING_PASSES_H

#include "dialects/flm/Flm.h"
#include "dialects/flm/LocalForm.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm {

#define GEN_PASS_DECL
#include "passes/sharding/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/sharding/Passes.h.inc"

void buildShardStage(mlir::OpPassManager &pm,
                     const AssignShardingsOptions &options = {});
void buildLocalStage(mlir::OpPassManager &pm);

/// Sets kGlobalType on every op of `program` that has none yet.
void recordGlobalTypes(ProgramOp program);

/// Attaches the sharding rules of all ops, which verify distributed types.
void registerShardingRules(mlir::DialectRegistry &registry);

} // namespace flm

#endif // FLM_PASSES_SHARDING_PASSES_H
