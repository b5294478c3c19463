//===----------------------------------------------------------------------===//
// What the module's plan and recipe say about a pipeline.
//===----------------------------------------------------------------------===//
#include "passes/sharding/PipelinePlan.h"

#include "dialects/flm/Recipe.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace flm;

FailureOr<PipelinePlan> flm::pipelinePlanOf(ModuleOp module) {
  llvm::StringSet<> loopDims;
  module.walk([&](LoopOp loop) {
    loopDims.insert(loop.getOver().getNames().front().getValue());
  });
  PipelinePlan result;
  for (PlanOp plan : module.getOps<PlanOp>()) {
    for (auto [from, to] : llvm::zip(plan.getFrom(), plan.getTo())) {
      StringRef dim = cast<StringAttr>(from).getValue();
      if (!loopDims.contains(dim))
        continue;
      for (auto [axis, size] : llvm::zip(plan.getAxes(), plan.getSizes())) {
        int64_t stages = cast<IntegerAttr>(size).getInt();
        if (axis != to || stages == 1)
          continue;
        if (result.stages > 1)
          return plan.emitError()
                 << "plan @" << plan.getSymName() << " spreads two loops, over "
                 << result.dim << " and over " << dim
                 << "; a pipeline has one, leave one entry out";
        result.dim = dim.str();
        result.axis = cast<StringAttr>(axis);
        result.stages = stages;
      }
    }
  }
  if (result.stages > 1)
    for (RecipeOp recipe : module.getOps<RecipeOp>())
      result.chunks = Recipe::of(recipe).pipeline_chunks;
  return result;
}
