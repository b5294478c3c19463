//===----------------------------------------------------------------------===//
// Refuses a plan that can not be carried out.
//===----------------------------------------------------------------------===//
#include "passes/contracts/StageInput.h"
#include "passes/sharding/AxisAssignment.h"
#include "passes/sharding/Passes.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_CHECKPLAN
#include "passes/sharding/Passes.h.inc"
} // namespace flm

namespace {

struct CheckPlan : flm::impl::CheckPlanBase<CheckPlan> {
  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::train, Stage::shard)))
      return signalPassFailure();
    for (PlanOp plan : getOperation().getOps<PlanOp>())
      if (failed(checkEntries(plan)))
        return signalPassFailure();
    auto plans = getOperation().getOps<PlanOp>();
    if (plans.empty())
      return;
    plan = *plans.begin();
    Mesh mesh(getOperation());
    for (const Mesh::Axis &axis : mesh.axes())
      if (axis.ranks > 1 && failed(checkAxis(axis)))
        return signalPassFailure();
  }

private:
  InFlightDiagnostic refuse(PlanOp plan) {
    return plan.emitError() << "plan @" << plan.getSymName() << ": ";
  }

  LogicalResult checkEntries(PlanOp plan);
  LogicalResult checkAxis(const Mesh::Axis &axis);
  LogicalResult checkLayers(const Mesh::Axis &axis);
  LogicalResult checkUse(Operation *op, StringRef dim, int64_t size,
                         const Mesh::Axis &axis);

  PlanOp plan;
};

/// A dim has one place, whose parts need no order.
LogicalResult CheckPlan::checkEntries(PlanOp plan) {
  llvm::StringMap<StringRef> axisOf;
  for (auto [from, to] : llvm::zip(plan.getFrom().getAsRange<StringAttr>(),
                                   plan.getTo().getAsRange<StringAttr>())) {
    auto [it, fresh] = axisOf.insert({from.getValue(), to.getValue()});
    if (fresh)
      continue;
    if (it->second == to.getValue())
      return refuse(plan) << "'" << from.getValue() << " -> " << to.getValue()
                          << "' is written twice";
    return refuse(plan) << "'" << from.getValue() << "' goes to two axes, '"
                        << it->second << "' and '" << to.getValue()
                        << "'; keep one of them, or make one axis of both";
  }
  return success();
}

/// `op` is split along `dim` of `size` elements.
LogicalResult CheckPlan::checkUse(Operation *op, StringRef dim, int64_t size,
                                  const Mesh::Axis &axis) {
  if (size % axis.ranks == 0)
    return success();
  auto diag = refuse(plan) << dim << " = " << size << " does not divide by "
                           << axis.name.getValue() << " = " << axis.ranks
                           << " (needed by '" << op->getName() << "'); ";
  int64_t below = size / axis.ranks * axis.ranks, above = below + axis.ranks;
  bool padded = false;
  for (ModelOp model : getOperation().getOps<ModelOp>())
    for (DimDefAttr def : model.dimDefs())
      padded |= def.getName() == dim && !def.isFree() && !def.isQuotient();
  if (padded) {
    diag << "pad it: --set " << dim << "=" << above;
  } else {
    diag << "next sizes: ";
    if (below)
      diag << below << ", ";
    diag << above;
  }
  diag.attachNote(op->getLoc()) << "needed here";
  return diag;
}

LogicalResult CheckPlan::checkLayers(const Mesh::Axis &axis) {
  if (!axis.dims.empty() || axis.splitsOptimizer)
    return refuse(plan) << "axis '" << axis.name.getValue()
                        << "' has the layers, so '"
                        << (axis.dims.empty() ? "optimizer" : axis.dims.front())
                        << "' can not be split over it too";
  WalkResult result = getOperation().walk([&](LoopOp loop) {
    StringRef over = loop.getOver().getNames().front();
    if (plan.partsOf(over) == 1)
      return WalkResult::advance();
    return WalkResult(checkUse(loop, over, loop.trips(), axis));
  });
  return failure(result.wasInterrupted());
}

LogicalResult CheckPlan::checkAxis(const Mesh::Axis &axis) {
  if (axis.splitsLayers)
    return checkLayers(axis);
  // What the plan splits, it splits evenly; and it splits something.
  llvm::StringMap<bool> splittable;
  auto record = [&](NamedTensorType type) {
    for (StringRef name : axis.dims)
      for (DimAttr dim : type.getDims())
        if (dim.hasFactor(name))
          splittable[name] |= canSplit(type, name);
  };
  auto checkValue = [&](Operation *op, NamedTensorType type) {
    StringRef name = firstSplit(type, axis);
    for (DimAttr dim : type.getDims())
      if (!name.empty() && dim.getNames().front() == name)
        return checkUse(op, name, dim.getSizes().front(), axis);
    return success();
  };
  auto check = [&](Operation *op) -> LogicalResult {
    for (Value result : op->getResults())
      record(typeOf(result));
    if (isa<ParamOp, StateOp>(op))
      return checkValue(op, typeOf(op->getResult(0)));
    if (auto loop = dyn_cast<LoopOp>(op)) {
      for (Value carry : loop.getInits())
        if (failed(checkValue(op, typeOf(carry))))
          return failure();
      return success();
    }
    auto ruled = dyn_cast<ShardingRuleOpInterface>(op);
    if (!ruled)
      return success();
    StringRef name = plannedDim(op, ruled.getShardingRule(), axis);
    return name.empty() ? success()
                        : checkUse(op, name, sizeOf(op, name), axis);
  };
  for (ProgramOp program : getOperation().getOps<ProgramOp>())
    // The runtime carries @init out, part by part.
    if (program.getSymName() != "init" &&
        program.walk([&](Operation *op) { return WalkResult(check(op)); })
            .wasInterrupted())
      return failure();
  for (auto &[name, can] : splittable)
    if (!can)
      return refuse(plan) << "nothing can be split along '" << name
                          << "', which is always an inner factor of a dim";
  return success();
}

} // namespace
