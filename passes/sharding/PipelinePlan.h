//===----------------------------------------------------------------------===//
// What the module's plan and recipe say about a pipeline.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_PIPELINEPLAN_H
#define FLM_PASSES_SHARDING_PIPELINEPLAN_H

#include "dialects/flm/Flm.h"

#include "mlir/IR/BuiltinOps.h"

namespace flm {

/// The dim whose loop is spread over a mesh axis, as in `layers -> pp`.
struct PipelinePlan {
  std::string dim;
  mlir::StringAttr axis;
  int64_t stages = 1; ///< 1: there is no pipeline
  int64_t chunks = 1; ///< blocks of layers on each stage
};

/// Finds the plan's entry whose dim is that of a loop other than the
/// micro-batches'. An error where two entries are: one loop is pipelined.
mlir::FailureOr<PipelinePlan> pipelinePlanOf(mlir::ModuleOp module);

} // namespace flm

#endif // FLM_PASSES_SHARDING_PIPELINEPLAN_H
