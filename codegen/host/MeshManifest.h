//===----------------------------------------------------------------------===//
// What the manifest says about a program of several ranks.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_MESHMANIFEST_H
#define FLM_CODEGEN_HOST_MESHMANIFEST_H

#include "passes/sharding/Mesh.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace flm {

/// The `mesh` of a plan of several ranks.
llvm::json::Object meshOf(const Mesh &mesh);

/// The `collectives` of all programs, by id. Errors, located at an op: ids that
/// are used twice for different things or not at all, bytes other than those of
/// runtime/abi.
mlir::FailureOr<llvm::json::Array> collectivesOf(mlir::ModuleOp module);

/// The `parts` of a parameter and its moments; empty where all are whole.
llvm::json::Object partsOf(const Mesh &mesh, ParamOp param, StateOp m,
                           StateOp v);

} // namespace flm

#endif // FLM_CODEGEN_HOST_MESHMANIFEST_H
