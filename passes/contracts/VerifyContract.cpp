//===----------------------------------------------------------------------===//
// What a stage promises to the next.
//===----------------------------------------------------------------------===//
#include "passes/contracts/Passes.h"

#include "dialects/flm/Flm.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_VERIFYCONTRACT
#include "passes/contracts/Passes.h.inc"
} // namespace flm

namespace {

/// The stages, in order: one enumerator per line of Stages.def.
enum Stage {
#define FLM_STAGE(name, doc) name,
#include "passes/Stages.def"
};

constexpr StringLiteral kStageNames[] = {
#define FLM_STAGE(name, doc) #name,
#include "passes/Stages.def"
};

struct VerifyContract : flm::impl::VerifyContractBase<VerifyContract> {
  using VerifyContractBase::VerifyContractBase;

  void runOnOperation() override {
    const auto *at = llvm::find(kStageNames, stage);
    if (at == std::end(kStageNames)) {
      getOperation().emitError()
          << "unknown stage '" << stage
          << "'; known: " << llvm::join(ArrayRef(kStageNames), ", ");
      return signalPassFailure();
    }
    reached = static_cast<Stage>(at - std::begin(kStageNames));
    if (reached >= kernels)
      return; // the target's own lowering refuses what it can not handle
    if ((reached >= graph && failed(checkModels())) ||
        (reached >= train && failed(checkPrograms())))
      signalPassFailure();
  }

private:
  InFlightDiagnostic broken(Operation *op) {
    return op->emitOpError("breaks the contract of stage ") << stage << ": ";
  }

  LogicalResult checkModels();
  LogicalResult checkPrograms();
  LogicalResult checkProgramOp(Operation *op);
  LogicalResult checkStates(Operation *op);
  LogicalResult checkLocal(Operation *op);

  Stage reached = spec;
};

LogicalResult VerifyContract::checkModels() {
  auto models = getOperation().getOps<ModelOp>();
  if (!llvm::hasSingleElement(models))
    return broken(getOperation()) << "there must be one model";
  ModelOp model = *models.begin();
  if (!model.getConfigAttr() || !model.getRecipeAttr() || !model.getPlanAttr())
    return broken(model) << "it is not bound to a config, recipe and plan";
  WalkResult result = model.walk([&](Operation *op) -> WalkResult {
    for (Type type : op->getResultTypes())
      if (auto tensor = dyn_cast<NamedTensorType>(type))
        if (tensor.isSymbolic() || isa<NoneType>(tensor.getElementType()))
          return broken(op) << "its type is not bound: " << tensor;
    if (auto param = dyn_cast<ParamOp>(op)) {
      if (!isa<ModelOp>(op->getParentOp()))
        return broken(op) << "a parameter is read inside a loop";
      if (reached >= mup && !param.getMup())
        return broken(op) << "it has no µP multipliers";
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult VerifyContract::checkPrograms() {
  for (StringRef name : {"init", "train_step", "eval_step", "predict"})
    if (!getOperation().lookupSymbol<ProgramOp>(name))
      return broken(getOperation()) << "there is no program @" << name;
  for (ProgramOp program : getOperation().getOps<ProgramOp>()) {
    WalkResult result = program.walk([&](Operation *op) {
      return failed(checkProgramOp(op)) ? WalkResult::interrupt()
                                        : WalkResult::advance();
    });
    if (result.wasInterrupted())
      return failure();
  }
  return success();
}

/// A value can only be distributed over axes that the mesh has.
LogicalResult VerifyContract::checkStates(Operation *op) {
  SmallVector<Attribute> axes;
  for (PlanOp plan : getOperation().getOps<PlanOp>())
    llvm::append_range(axes, plan.getAxes());
  for (Type type : op->getResultTypes())
    if (auto tensor = dyn_cast<NamedTensorType>(type))
      for (AxisStateAttr state : tensor.getStates())
        if (!llvm::is_contained(axes, state.getAxis()))
          return broken(op) << "the plan has no axis " << state.getAxis();
  return success();
}

/// The program of one rank has its own sizes only, and collectives by name.
LogicalResult VerifyContract::checkLocal(Operation *op) {
  if (isa<ReshardOp>(op))
    return broken(op) << "reshards must be collectives";
  if (auto loop = dyn_cast<LoopOp>(op); loop && loop.getAxis())
    return broken(op) << "it is spread over the axis '" << *loop.getAxis()
                      << "'";
  auto check = [&](auto values) -> LogicalResult {
    for (Value value : values)
      if (auto tensor = dyn_cast<NamedTensorType>(value.getType());
          tensor && !tensor.getStates().empty())
        return broken(op) << "a value is distributed: " << tensor;
    return success();
  };
  if (failed(check(op->getResults())))
    return failure();
  for (Region &region : op->getRegions())
    if (failed(check(region.getArguments())))
      return failure();
  return success();
}

LogicalResult VerifyContract::checkProgramOp(Operation *op) {
  if (isa<CrossEntropyOp>(op))
    return broken(op) << "cross_entropy must be its primitives";
  if (reached >= shard && failed(checkStates(op)))
    return failure();
  auto program = dyn_cast<ProgramOp>(op);
  if (!program)
    program = op->getParentOfType<ProgramOp>();
  // The runtime carries @init out, part by part: it stays as it is.
  if (program.getSymName() == "init")
    return success();
  if (reached >= local && failed(checkLocal(op)))
    return failure();
  if (reached >= buffers && op->getNumResults() && !op->hasAttr("flm.buffers"))
    return broken(op) << "its results have no buffers";
  return success();
}

} // namespace
