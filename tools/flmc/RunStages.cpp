//===----------------------------------------------------------------------===//
// The path from a spec to a binary, stage by stage.
//===----------------------------------------------------------------------===//
#include "tools/flmc/RunStages.h"

#include "codegen/buffers/Passes.h"
#include "codegen/host/Passes.h"
#include "passes/autodiff/Passes.h"
#include "passes/contracts/Passes.h"
#include "passes/fusion/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/mup/Passes.h"
#include "passes/sharding/Passes.h"
#include "passes/sharding/ScheduleReport.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace flmc;

/// Adds the passes of `stage`.
static LogicalResult buildStage(Stage stage, OpPassManager &pm,
                                const Options &options) {
  switch (stage) {
  case Stage::graph: {
    flm::InstantiateModelOptions graph;
    graph.config = options.config;
    graph.recipe = options.recipe;
    graph.plan = options.plan;
    graph.overrides.assign(options.overrides.begin(), options.overrides.end());
    flm::buildGraphStage(pm, graph);
    break;
  }
  case Stage::mup:
    flm::buildMupStage(pm);
    break;
  case Stage::train: {
    flm::BuildProgramsOptions train;
    train.probe = options.probe;
    flm::buildTrainStage(pm, train);
    break;
  }
  case Stage::shard: {
    flm::AssignShardingsOptions shard;
    shard.reasons = options.explain == "shard";
    flm::buildShardStage(pm, shard);
    break;
  }
  case Stage::local:
    flm::buildLocalStage(pm);
    break;
  case Stage::fuse:
    flm::buildFuseStage(pm);
    break;
  case Stage::buffers: {
    flm::AssignBuffersOptions plan;
    plan.memoryLimit = options.memoryLimit;
    flm::buildBuffersStage(pm, plan);
    break;
  }
  case Stage::kernels: {
    flm::LowerProgramsOptions kernels;
    kernels.cpu = options.cpu;
    flm::buildKernelsStage(pm, kernels);
    break;
  }
  case Stage::llvm: {
    llvm::Expected<flm::cpu::CpuTarget> target =
        flm::cpu::namedTarget(options.cpu);
    if (!target) {
      llvm::WithColor::error(llvm::errs(), "flmc")
          << llvm::toString(target.takeError()) << "\n";
      return failure();
    }
    flm::buildLLVMStage(pm, *target);
    break;
  }
  case Stage::spec:
  case Stage::exe:
    break;
  }
  return success();
}

void flmc::printModule(ModuleOp module, llvm::raw_ostream &os) {
  // Aliases belong to one print, so the module is printed whole; with nothing
  // of its own to say, its braces go.
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  stream << '\n';
  StringRef rest = text;
  size_t open = rest.find("module {\n");
  bool plain = open != StringRef::npos &&
               (open == 0 || rest[open - 1] == '\n') &&
               module->getAttrs().empty();
  if (!plain) {
    os << rest;
    return;
  }
  os << rest.take_front(open);
  rest = rest.drop_front(open + StringRef("module {\n").size());
  rest = rest.rtrim();
  rest.consume_back("}");
  SmallVector<StringRef> lines;
  rest.split(lines, '\n');
  if (!lines.empty() && lines.back().empty())
    lines.pop_back();
  for (StringRef line : lines) {
    line.consume_front("  ");
    os << line << '\n';
  }
}

std::error_code flmc::finish(llvm::raw_fd_ostream &os) {
  os.flush();
  std::error_code error = os.error();
  os.clear_error();
  return error;
}

static LogicalResult dump(ModuleOp module, Stage stage,
                          const Options &options) {
  if (options.dumpDir.empty())
    return success();
  std::string path;
  llvm::raw_string_ostream(path)
      << options.dumpDir << '/'
      << llvm::format("%02d-", static_cast<int>(stage)) << stageName(stage)
      << ".mlir";
  std::string message;
  if (std::error_code error =
          llvm::sys::fs::create_directories(options.dumpDir)) {
    llvm::WithColor::error(llvm::errs(), "flmc")
        << "--dump-dir: cannot make '" << options.dumpDir
        << "': " << error.message() << "\n";
    return failure();
  }
  std::unique_ptr<llvm::ToolOutputFile> file = openOutputFile(path, &message);
  if (!file) {
    llvm::WithColor::error(llvm::errs(), "flmc") << message << "\n";
    return failure();
  }
  printModule(module, file->os());
  if (std::error_code error = finish(file->os())) {
    llvm::WithColor::error(llvm::errs(), "flmc")
        << "cannot write '" << path << "': " << error.message() << "\n";
    return failure();
  }
  file->keep();
  return success();
}

/// Writes the schedule of the pipelines that stage `local` has made.
static LogicalResult traceSchedule(ModuleOp module, const Options &options) {
  if (options.scheduleTrace.empty())
    return success();
  std::string message;
  std::unique_ptr<llvm::ToolOutputFile> file =
      openOutputFile(options.scheduleTrace, &message);
  if (!file) {
    llvm::WithColor::error(llvm::errs(), "flmc") << message << "\n";
    return failure();
  }
  flm::writeScheduleTrace(module, file->os());
  if (std::error_code error = finish(file->os())) {
    llvm::WithColor::error(llvm::errs(), "flmc")
        << "cannot write '" << options.scheduleTrace << "': " << error.message()
        << "\n";
    return failure();
  }
  file->keep();
  return success();
}

LogicalResult flmc::runStages(ModuleOp module, const Options &options,
                              TimingScope &timing) {
  static const Stage stages[] = {
#define FLM_STAGE(name, doc) Stage::name,
#include "passes/Stages.def"
  };
  for (Stage stage : stages) {
    if (stage > options.emit || stage > Stage::llvm)
      break;
    PassManager pm(module->getName());
    pm.enableVerifier(options.verifyEach);
    TimingScope scope = timing.nest(stageName(stage));
    pm.enableTiming(scope);
    if (failed(buildStage(stage, pm, options)))
      return failure();
    flm::VerifyContractOptions contract;
    contract.stage = stageName(stage);
    pm.addPass(flm::createVerifyContract(contract));
    if (failed(pm.run(module)) || failed(dump(module, stage, options)))
      return failure();
    if (stage == Stage::local && failed(traceSchedule(module, options)))
      return failure();
  }
  return success();
}
