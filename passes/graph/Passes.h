//===----------------------------------------------------------------------===//
// Stage `graph`: one config, recipe and plan.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_GRAPH_PASSES_H
#define FLM_PASSES_GRAPH_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm {

#define GEN_PASS_DECL
#include "passes/graph/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/graph/Passes.h.inc"

/// What to instantiate; see InstantiateModel's options.
void buildGraphStage(mlir::OpPassManager &pm,
                     const InstantiateModelOptions &options);

} // namespace flm

#endif // FLM_PASSES_GRAPH_PASSES_H
