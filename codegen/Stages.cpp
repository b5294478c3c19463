//===----------------------------------------------------------------------===//
// The path from a spec to the LLVM dialect.
//===----------------------------------------------------------------------===//
#include "codegen/Stages.h"

#include "codegen/buffers/Passes.h"
#include "codegen/host/Passes.h"
#include "codegen/target/Passes.h"
#include "passes/autodiff/Passes.h"
#include "passes/contracts/Passes.h"
#include "passes/fusion/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/mup/Passes.h"
#include "passes/sharding/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace flm;

//===----------------------------------------------------------------------===//
// The passes of each stage
//===----------------------------------------------------------------------===//

static void addGraph(OpPassManager &pm, const StageOptions &options) {
  InstantiateModelOptions graph;
  graph.config = options.config;
  graph.recipe = options.recipe;
  graph.plan = options.plan;
  graph.overrides.assign(options.overrides.begin(), options.overrides.end());
  buildGraphStage(pm, graph);
}

static void addTrain(OpPassManager &pm, const StageOptions &options) {
  BuildProgramsOptions train;
  train.probe = options.probe;
  buildTrainStage(pm, train);
}

static void addShard(OpPassManager &pm, const StageOptions &options) {
  AssignShardingsOptions shard;
  shard.reasons = options.reasons;
  buildShardStage(pm, shard);
}

static void addBuffers(OpPassManager &pm, const StageOptions &options) {
  // The buffers of a collective depend on when it is waited for, and that on
  // what stage `fuse` has moved.
  pm.addPass(createOverlapCollectives());
  // Starts were moved: still one order on all ranks?
  pm.addPass(createCheckCollectives());
  // From here on the target matters.
  SetTargetOptions target;
  target.target = options.target;
  target.cpu = options.cpu;
  pm.addPass(createSetTarget(target));
  AssignBuffersOptions buffers;
  buffers.memoryLimit = options.memoryLimit;
  buildBuffersStage(pm, buffers);
}

void flm::addStage(OpPassManager &pm, Stage stage,
                   const StageOptions &options) {
  switch (stage) {
  case Stage::spec:
    break;
  case Stage::graph:
    addGraph(pm, options);
    break;
  case Stage::mup:
    buildMupStage(pm);
    break;
  case Stage::train:
    addTrain(pm, options);
    break;
  case Stage::shard:
    addShard(pm, options);
    break;
  case Stage::local:
    buildLocalStage(pm);
    break;
  case Stage::fuse:
    buildFuseStage(pm);
    break;
  case Stage::buffers:
    addBuffers(pm, options);
    break;
  case Stage::kernels:
    buildKernelsStage(pm);
    break;
  case Stage::llvm:
    buildLLVMStage(pm);
    break;
  case Stage::exe:
    return;
  }
  VerifyContractOptions contract;
  contract.stage = stageName(stage).str();
  pm.addPass(createVerifyContract(contract));
}

void flm::addStages(OpPassManager &pm, Stage first, Stage last,
                    const StageOptions &options) {
  for (int stage = static_cast<int>(first); stage <= static_cast<int>(last);
       ++stage)
    addStage(pm, static_cast<Stage>(stage), options);
}

//===----------------------------------------------------------------------===//
// Pipelines of flm-opt
//===----------------------------------------------------------------------===//

namespace {

/// Options that several stages do not share; those of a stage without any.
struct NoOptions : PassPipelineOptions<NoOptions> {
  StageOptions get() const { return {}; }
};

struct GraphOptions : PassPipelineOptions<GraphOptions> {
  Option<std::string> config{*this, "config", llvm::cl::desc("config to bind")};
  Option<std::string> recipe{*this, "recipe",
                             llvm::cl::desc("recipe to train with")};
  Option<std::string> plan{*this, "plan", llvm::cl::desc("plan to shard by")};
  ListOption<std::string> overrides{
      *this, "set",
      llvm::cl::desc("dim=value or recipe key=value, over config and recipe")};

  StageOptions get() const {
    StageOptions options;
    options.config = config;
    options.recipe = recipe;
    options.plan = plan;
    options.overrides.assign(overrides.begin(), overrides.end());
    return options;
  }
};

struct TrainOptions : PassPipelineOptions<TrainOptions> {
  Option<bool> probe{*this, "probe",
                     llvm::cl::desc("also make @probe, for the coordinate "
                                    "check of µP")};

  StageOptions get() const {
    StageOptions options;
    options.probe = probe;
    return options;
  }
};

struct ShardOptions : PassPipelineOptions<ShardOptions> {
  Option<bool> reasons{*this, "reasons",
                       llvm::cl::desc("write on every op why its results lie "
                                      "as they do: `flm.why`")};

  StageOptions get() const {
    StageOptions options;
    options.reasons = reasons;
    return options;
  }
};

struct BuffersOptions : PassPipelineOptions<BuffersOptions> {
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("a target, by its name; default: what the module says, "
                     "else cpu")};
  Option<std::string> cpu{
      *this, "cpu",
      llvm::cl::desc("CPU of the host functions, as LLVM calls it; default: "
                     "what the module says, else native")};
  Option<int64_t> memoryLimit{
      *this, "memory-limit",
      llvm::cl::desc("bytes that state and scratch may take together; 0 is no "
                     "limit")};

  StageOptions get() const {
    StageOptions options;
    options.target = target;
    options.cpu = cpu;
    options.memoryLimit = memoryLimit;
    return options;
  }
};

} // namespace

template <typename Options>
static void registerStage(Stage stage, StringRef description) {
  PassPipelineRegistration<Options>(
      ("flm-stage-" + stageName(stage)).str(), description,
      [stage](OpPassManager &pm, const Options &options) {
        addStage(pm, stage, options.get());
      });
}

void flm::registerStages() {
  constexpr StringLiteral docs[] = {
#define FLM_STAGE(name, doc) doc,
#include "passes/Stages.def"
  };
  for (int index = 1; index < static_cast<int>(Stage::exe); ++index) {
    Stage stage = static_cast<Stage>(index);
    StringRef doc = docs[index];
    switch (stage) {
    case Stage::graph:
      registerStage<GraphOptions>(stage, doc);
      break;
    case Stage::train:
      registerStage<TrainOptions>(stage, doc);
      break;
    case Stage::shard:
      registerStage<ShardOptions>(stage, doc);
      break;
    case Stage::buffers:
      registerStage<BuffersOptions>(stage, doc);
      break;
    default:
      registerStage<NoOptions>(stage, doc);
    }
  }
}
