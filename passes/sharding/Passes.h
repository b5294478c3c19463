//===----------------------------------------------------------------------===//
// Stage `shard`: how every value lies on the mesh. Stage `local`: the program of
// one rank.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_PASSES_H
#define FLM_PASSES_SHARDING_PASSES_H

#include "dialects/flm/Flm.h"

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

/// The discardable attribute in which `param`, `state` and `update` keep their
/// global distributed type (a TypeAttr) once their types are local: what of the
/// parameter a rank has. A type without states needs none: all ranks have all.
constexpr llvm::StringLiteral kGlobalType = "flm.global";
/// Sets it on every op of `program` that has none yet.
void recordGlobalTypes(ProgramOp program);

/// The discardable attribute of a `rope` whose positions begin at this rank's
/// index on the axis that it names (a string), times the positions it has.
constexpr llvm::StringLiteral kPositionsAxis = "flm.axis";

/// Attaches the sharding rules of all ops, which verify distributed types.
void registerShardingRules(mlir::DialectRegistry &registry);

} // namespace flm

#endif // FLM_PASSES_SHARDING_PASSES_H
