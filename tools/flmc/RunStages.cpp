//===----------------------------------------------------------------------===//
// The path from a spec to a binary, stage by stage.
//===----------------------------------------------------------------------===//
#include "tools/flmc/RunStages.h"

#include "codegen/Stages.h"
#include "codegen/reference/Validation.h"
#include "passes/sharding/ScheduleReport.h"
#include "tools/flmc/CrashReport.h"
#include "tools/flmc/OutputText.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace flmc;

/// What the command line says about the stages.
static flm::StageOptions stageOptions(const Options &options) {
  flm::StageOptions stages;
  stages.config = options.config;
  stages.recipe = options.recipe;
  stages.plan = options.plan;
  stages.overrides = options.overrides;
  stages.probe = options.probe;
  stages.reasons = options.explain == "shard";
  stages.target = options.target;
  stages.cpu = options.cpu;
  stages.memoryLimit = options.memoryLimit;
  return stages;
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

static LogicalResult dump(ModuleOp module, Stage stage,
                          const Options &options) {
  if (options.dumpDir.empty())
    return success();
  std::string path;
  llvm::raw_string_ostream(path)
      << options.dumpDir << '/'
      << llvm::format("%02d-", static_cast<int>(stage)) << stageName(stage)
      << ".mlir";
  if (std::error_code error =
          llvm::sys::fs::create_directories(options.dumpDir)) {
    llvm::WithColor::error(llvm::errs(), "flmc")
        << "--dump-dir: cannot make '" << options.dumpDir
        << "': " << error.message() << "\n";
    return failure();
  }
  return writeOutput(path, options,
                     [&](llvm::raw_ostream &os) { printModule(module, os); });
}

/// Writes the schedule of the pipelines that stage `local` has made.
static LogicalResult traceSchedule(ModuleOp module, const Options &options) {
  if (options.scheduleTrace.empty())
    return success();
  return writeOutput(
      options.scheduleTrace, options,
      [&](llvm::raw_ostream &os) { flm::writeScheduleTrace(module, os); });
}

/// Whether --validate follows the passes of `stage`.
static bool isValidated(Stage stage, const Options &options) {
  return options.validate && stage >= Stage::mup && stage <= Stage::buffers;
}

LogicalResult flmc::runStages(ModuleOp module, const Options &options,
                              TimingScope &timing) {
  flm::reference::Validation validation({}, llvm::errs());
  for (int number = 0; number <= static_cast<int>(Stage::llvm); ++number) {
    Stage stage = static_cast<Stage>(number);
    if (stage > options.emit)
      break;
    setCrashStage(stageName(stage));
    PassManager pm(module->getName());
    pm.enableVerifier(options.verifyEach);
    TimingScope scope = timing.nest(stageName(stage));
    pm.enableTiming(scope);
    flm::addStage(pm, stage, stageOptions(options));
    if (isValidated(stage, options))
      validation.watch(pm, stageName(stage));
    if (failed(pm.run(module)) || failed(dump(module, stage, options)))
      return failure();
    if (isValidated(stage, options) && failed(validation.finishStage(module)))
      return failure();
    if (stage == Stage::local && failed(traceSchedule(module, options)))
      return failure();
  }
  return success();
}
