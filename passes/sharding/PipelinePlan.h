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

  /// Whether `op` is a loop over that dim.
  bool isPipelined(mlir::Operation *op) const {
    auto loop = llvm::dyn_cast_if_present<LoopOp>(op);
    return loop && loop.getOver().hasFactor(dim);
  }
};

/// Finds the plan's entry whose dim is that of a loop other than the
/// micro-batches'. An error where two entries are: one loop is pipelined.
mlir::FailureOr<PipelinePlan> pipelinePlanOf(mlir::ModuleOp module);

/// Refuses what no pipeline can do with `loops`, those of `program` that are to
/// be pipelined: layers that the blocks do not divide (with the next sizes that
/// they do), and parameters that are used before and after the layers.
llvm::LogicalResult checkPipelinedLoops(ProgramOp program,
                                        llvm::ArrayRef<LoopOp> loops,
                                        const PipelinePlan &plan);

} // namespace flm

#endif // FLM_PASSES_SHARDING_PIPELINEPLAN_H
