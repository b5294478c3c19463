//===----------------------------------------------------------------------===//
// What the module's plan and recipe say about a pipeline.
//===----------------------------------------------------------------------===//
#include "passes/sharding/PipelinePlan.h"

#include "dialects/flm/Limits.h"
#include "dialects/flm/Recipe.h"

#include "llvm/ADT/SmallPtrSet.h"
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
  if (result.stages > kMostStages || result.chunks > kMostStages)
    return module.emitError() << "a pipeline has at most " << kMostStages
                              << " stages, and as many chunks on each; the "
                                 "plan and the recipe ask "
                                 "for "
                              << result.stages << " and " << result.chunks;
  return result;
}

static LogicalResult checkSize(LoopOp loop, const PipelinePlan &plan) {
  int64_t blocks = plan.stages * plan.chunks, layers = loop.trips();
  if (layers % blocks == 0)
    return success();
  auto diag = loop.emitError()
              << plan.dim << " = " << layers << " does not divide by "
              << plan.axis.getValue() << " = " << plan.stages;
  if (plan.chunks > 1)
    diag << " x pipeline_chunks = " << plan.chunks;
  diag << " (needed by this loop); next sizes: ";
  if (layers > blocks)
    diag << layers / blocks * blocks << ", ";
  return diag << (layers / blocks + 1) * blocks;
}

/// A parameter of the ops that lead to the layers is not one of those that
/// follow: no stage would have both. What the optimizer does with it is no use.
static LogicalResult checkTied(ProgramOp program, ArrayRef<LoopOp> loops,
                               const PipelinePlan &plan) {
  llvm::SmallPtrSet<Operation *, 16> before, after;
  SmallVector<Value> worklist;
  for (LoopOp loop : loops)
    if (!loop.getReverse())
      llvm::append_range(worklist, loop.getInits());
  while (!worklist.empty())
    if (Operation *def = worklist.pop_back_val().getDefiningOp();
        def && !isa<LoopOp>(def) && before.insert(def).second)
      llvm::append_range(worklist, def->getOperands());
  program.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (plan.isPipelined(op) ||
        llvm::any_of(op->getOperands(), [&](Value operand) {
          return after.contains(operand.getDefiningOp());
        }))
      after.insert(op);
  });
  WalkResult result = program.walk([&](ParamOp param) -> WalkResult {
    Operation *first = nullptr, *last = nullptr;
    SmallVector<Operation *> users(param->getUsers());
    while (!users.empty()) {
      Operation *user = users.pop_back_val();
      if (isa<LoopOp, YieldOp, OptimizerStepOpInterface>(user))
        continue;
      if (user->getNumOperands() == 1 && user->getNumResults())
        llvm::append_range(users, user->getUsers()); // narrowed, or moved
      else if (before.contains(user))
        first = user;
      else if (after.contains(user))
        last = user;
    }
    if (!first || !last)
      return WalkResult::advance();
    auto diag = param.emitError()
                << "parameter \"" << param.getName()
                << "\" is used before and after the " << plan.dim
                << " (tied embeddings), so it is needed at the first and at "
                   "the last stage of '"
                << plan.axis.getValue()
                << "'; give the model two parameters, or leave " << plan.dim
                << " -> " << plan.axis.getValue() << " out of the plan";
    for (Operation *user : {first, last})
      diag.attachNote(user->getLoc()) << "used here";
    return diag;
  });
  return failure(result.wasInterrupted());
}

LogicalResult flm::checkPipelinedLoops(ProgramOp program,
                                       ArrayRef<LoopOp> loops,
                                       const PipelinePlan &plan) {
  for (LoopOp loop : loops)
    if (failed(checkSize(loop, plan)))
      return failure();
  return checkTied(program, loops, plan);
}
