//===----------------------------------------------------------------------===//
// What a stage promises to the next, and which stage's output a pass takes.
//===----------------------------------------------------------------------===//
#include "passes/contracts/StageInput.h"

#include "dialects/flm/BufferForm.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/LocalForm.h"
#include "dialects/flm/Pipeline.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

std::optional<Stage> flm::stageNamed(StringRef name) {
  const auto *at = llvm::find(kStageNames, name);
  if (at == std::end(kStageNames))
    return std::nullopt;
  return static_cast<Stage>(at - std::begin(kStageNames));
}

std::string flm::stageNames() {
  return llvm::join(ArrayRef(kStageNames), ", ");
}

namespace {

/// The promises of `reached` and the stages before it, op by op.
class Contract {
public:
  using Broken = function_ref<InFlightDiagnostic(Operation *)>;

  Contract(ModuleOp module, Stage reached, Broken broken)
      : module(module), reached(reached), broken(broken) {}

  LogicalResult checkModel(ModelOp model);
  LogicalResult checkProgram(ProgramOp program);

private:
  LogicalResult checkBound(Operation *op, Type type);
  LogicalResult checkProgramOp(ProgramOp program, Operation *op);
  LogicalResult checkStates(Operation *op);
  LogicalResult checkLocal(Operation *op);
  LogicalResult checkBuffers(Operation *op);

  ModuleOp module;
  Stage reached;
  Broken broken;
};

LogicalResult Contract::checkBound(Operation *op, Type type) {
  auto tensor = dyn_cast<NamedTensorType>(type);
  if (tensor && (tensor.isSymbolic() || isa<NoneType>(tensor.getElementType())))
    return broken(op) << "its type is not bound: " << tensor;
  return success();
}

LogicalResult Contract::checkModel(ModelOp model) {
  if (!model.getConfigAttr() || !model.getRecipeAttr() || !model.getPlanAttr())
    return broken(model) << "it is not bound to a config, recipe and plan";
  WalkResult result = model.walk([&](Operation *op) -> WalkResult {
    for (Type type : op->getResultTypes())
      if (failed(checkBound(op, type)))
        return WalkResult::interrupt();
    if (auto param = dyn_cast<ParamOp>(op)) {
      if (!isa<ModelOp>(op->getParentOp()))
        return broken(op) << "a parameter is read inside a loop";
      if (reached >= Stage::mup && !param.getMup())
        return broken(op) << "it has no µP multipliers";
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult Contract::checkProgram(ProgramOp program) {
  WalkResult result = program.walk([&](Operation *op) {
    return failed(checkProgramOp(program, op)) ? WalkResult::interrupt()
                                               : WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// A value can only be distributed over axes that the mesh has.
LogicalResult Contract::checkStates(Operation *op) {
  SmallVector<Attribute> axes;
  for (PlanOp plan : module.getOps<PlanOp>())
    llvm::append_range(axes, plan.getAxes());
  auto check = [&](Type type) -> LogicalResult {
    auto tensor = dyn_cast<NamedTensorType>(type);
    if (!tensor)
      return success();
    for (AxisStateAttr state : tensor.getStates()) {
      if (!llvm::is_contained(axes, state.getAxis()))
        return broken(op) << "the plan has no axis " << state.getAxis();
    }
    return success();
  };
  for (Type type : op->getResultTypes())
    if (failed(check(type)))
      return failure();
  for (Region &region : op->getRegions())
    for (Type type : region.getArgumentTypes())
      if (failed(check(type)))
        return failure();
  return success();
}

/// The program of one rank has its own sizes only, and collectives by name.
LogicalResult Contract::checkLocal(Operation *op) {
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

/// Results, what an update writes and a return copies, and what a pipeline
/// saves have a buffer each.
LogicalResult Contract::checkBuffers(Operation *op) {
  size_t needed = op->getNumResults();
  if (isa<UpdateOp, ReturnOp>(op))
    needed = op->getNumOperands();
  else if (auto pipeline = dyn_cast<PipelineOp>(op))
    needed += pipeline.saved().size();
  auto buffers = op->getAttrOfType<ArrayAttr>(kBuffers);
  if (needed && !buffers)
    return broken(op) << "its results have no buffers";
  if (needed && buffers.size() < needed)
    return broken(op) << "it has " << buffers.size() << " buffers, and needs "
                      << needed;
  return success();
}

LogicalResult Contract::checkProgramOp(ProgramOp program, Operation *op) {
  for (Type type : op->getResultTypes())
    if (failed(checkBound(op, type)))
      return failure();
  for (Region &region : op->getRegions())
    for (Type type : region.getArgumentTypes())
      if (failed(checkBound(op, type)))
        return failure();
  if (isa<CrossEntropyOp>(op))
    return broken(op) << "cross_entropy must be its primitives";
  if (failed(checkStates(op)))
    return failure();
  // The runtime carries @init out, part by part: it stays as it is.
  if (program.getSymName() == "init")
    return success();
  if (reached >= Stage::local && failed(checkLocal(op)))
    return failure();
  return reached >= Stage::buffers ? checkBuffers(op) : success();
}

/// What is seen first of what only some stage makes.
std::pair<Stage, Operation *> latestMark(ModuleOp module) {
  std::pair<Stage, Operation *> latest{Stage::spec, module};
  auto see = [&](Stage stage, Operation *op) {
    if (stage > latest.first)
      latest = {stage, op};
  };
  for (Operation &op : module.getOps()) {
    if (auto model = dyn_cast<ModelOp>(op); model && model.getConfigAttr())
      see(Stage::graph, &op);
    else if (isa<ProgramOp>(op))
      see(Stage::train, &op);
    else if (isa<func::FuncOp>(op))
      see(Stage::kernels, &op);
    else if (isa<LLVM::LLVMFuncOp>(op))
      see(Stage::llvm, &op);
  }
  module.walk([&](Operation *op) {
    if (isa<ReshardOp>(op))
      see(Stage::shard, op);
    else if (isa<CollectiveOp, PipelineOp>(op) || op->hasAttr(kGlobalType))
      see(Stage::local, op);
    if (op->hasAttr(kBuffers))
      see(Stage::buffers, op);
  });
  return latest;
}

} // namespace

LogicalResult flm::verifyContract(ModuleOp module, Stage reached) {
  if (reached >= Stage::kernels)
    return success(); // the target's own lowering refuses what it can not
                      // handle
  auto broken = [&](Operation *op) {
    return op->emitOpError("breaks the contract of stage ")
           << stageName(reached) << ": ";
  };
  Contract contract(module, reached, broken);
  if (reached >= Stage::graph) {
    auto models = module.getOps<ModelOp>();
    if (!llvm::hasSingleElement(models))
      return broken(module) << "there must be one model";
    if (failed(contract.checkModel(*models.begin())))
      return failure();
  }
  if (reached < Stage::train)
    return success();
  for (StringRef name : {"init", "train_step", "eval_step", "predict"})
    if (!module.lookupSymbol<ProgramOp>(name))
      return broken(module) << "there is no program @" << name;
  for (ProgramOp program : module.getOps<ProgramOp>())
    if (failed(contract.checkProgram(program)))
      return failure();
  return success();
}

/// What a model is bound to is in its module.
static LogicalResult checkBinding(ModelOp model, Contract::Broken lacking) {
  auto module = model->getParentOfType<ModuleOp>();
  if (module.lookupSymbol<RecipeOp>(model.getRecipeAttr()))
    return success();
  return lacking(model) << "the recipe " << model.getRecipeAttr()
                        << " that it is bound to is not there";
}

LogicalResult flm::verifyInput(ModuleOp module, const Pass &pass, Stage first,
                               Stage last) {
  StringRef name = pass.getArgument();
  auto lacking = [&](Operation *op) {
    return op->emitError() << name << " needs the output of stage "
                           << stageName(first) << ", run that first: ";
  };
  Contract contract(module, first, lacking);
  // Later passes look at programs only.
  if (first >= Stage::graph && first < Stage::train)
    for (ModelOp model : module.getOps<ModelOp>())
      if (failed(contract.checkModel(model)) ||
          failed(checkBinding(model, lacking)))
        return failure();
  if (first >= Stage::train)
    for (ProgramOp program : module.getOps<ProgramOp>())
      if (failed(contract.checkProgram(program)))
        return failure();
  auto [stage, op] = latestMark(module);
  if (stage <= last)
    return success();
  return op->emitError() << name << " needs the output of stage "
                         << stageName(first) << ", and this module has been "
                         << "through stage " << stageName(stage);
}
