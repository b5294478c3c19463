//===----------------------------------------------------------------------===//
// What the manifest says about a program of several ranks.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_MESHMANIFEST_H
#define FLM_CODEGEN_HOST_MESHMANIFEST_H

#include "dialects/flm/Flm.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace flm {

/// The discardable attribute of a `param` or `state` that says which part of
/// the tensor a rank has: an array of dictionaries with the fields of a PART in
/// runtime/abi/Manifest.md, `{axis = "tp", dim = 1}`.
constexpr llvm::StringLiteral kParts = "flm.parts";
/// The same for the pipeline stages that execute a collective (absent: all).
constexpr llvm::StringLiteral kStages = "flm.stages";

/// The `mesh` of a plan of several ranks.
llvm::json::Object meshOf(PlanOp plan);

/// The `collectives` of all programs, by id. Errors, located at an op: ids that
/// are used twice for different things or not at all, bytes other than those of
/// runtime/abi.
mlir::FailureOr<llvm::json::Array> collectivesOf(mlir::ModuleOp module);

/// The `parts` of a parameter and its moments; empty where all are whole.
llvm::json::Object partsOf(ParamOp param, StateOp m, StateOp v);

} // namespace flm

#endif // FLM_CODEGEN_HOST_MESHMANIFEST_H
