//===----------------------------------------------------------------------===//
// What the manifest says about a program of several ranks.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_MESHMANIFEST_H
#define FLM_CODEGEN_HOST_MESHMANIFEST_H

#include "dialects/flm/Flm.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace flm {

/// The discardable attribute in which `param` and `state` keep their global
/// distributed type, from which the manifest's parts follow.
constexpr llvm::StringLiteral kGlobalType = "flm.global";

/// The `mesh` of a plan of several ranks.
llvm::json::Object meshOf(PlanOp plan);

/// The `collectives` of all programs, by id. Errors, located at an op: ids that
/// are used twice for different things or not at all, bytes other than those of
/// runtime/abi.
mlir::FailureOr<llvm::json::Array> collectivesOf(mlir::ModuleOp module);

/// The `parts` of a parameter and its moments on the mesh of `plan`; empty
/// where all are whole.
llvm::json::Object partsOf(PlanOp plan, ParamOp param, StateOp m, StateOp v);

} // namespace flm

#endif // FLM_CODEGEN_HOST_MESHMANIFEST_H
