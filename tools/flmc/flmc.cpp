//===----------------------------------------------------------------------===//
// The compiler driver: a spec in, a training binary (or the IR of a stage) out.
//===----------------------------------------------------------------------===//
#include "codegen/binary/Linker.h"
#include "codegen/binary/ObjectEmitter.h"
#include "codegen/buffers/MemoryReport.h"
#include "codegen/cpu/rules/RegisterTarget.h"
#include "codegen/target/Target.h"
#include "dialects/flm/Flm.h"
#include "passes/autodiff/Passes.h"
#include "passes/mup/Passes.h"
#include "passes/sharding/Passes.h"
#include "passes/sharding/ScheduleReport.h"
#include "passes/sharding/ShardReasons.h"
#include "passes/sharding/ShardReport.h"
#include "tools/flmc/CrashReport.h"
#include "tools/flmc/InlinePlan.h"
#include "tools/flmc/Options.h"
#include "tools/flmc/OutputText.h"
#include "tools/flmc/RunStages.h"
#include "tools/guards/Nesting.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

#include <csignal>

using namespace mlir;
using namespace flmc;

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "flmc") << message << "\n";
  return 1;
}

/// What was not said and has one sensible answer: the plan of one rank.
static void chooseDefaults(ModuleOp module, Options &options) {
  if (!options.plan.empty())
    return;
  for (auto plan : module.getOps<flm::PlanOp>())
    if (plan.ranks() == 1 && options.plan.empty())
      options.plan = plan.getSymName().str();
}

/// The ranks of the plan that the module is compiled for. To be asked before
/// the stages, the last of which drop it.
static int64_t worldSize(ModuleOp module, const Options &options) {
  for (auto plan : module.getOps<flm::PlanOp>())
    if (options.plan.empty() || plan.getSymName() == options.plan)
      return plan.ranks();
  return 1;
}

/// The runtime archive of the build or installation that this compiler is in.
static std::string findRuntime(const Options &options, const char *program) {
  if (!options.runtimeArchive.empty())
    return options.runtimeArchive;
  std::string self = llvm::sys::fs::getMainExecutable(
      program, reinterpret_cast<void *>(&fail));
  SmallString<256> path(llvm::sys::path::parent_path(self));
  llvm::sys::path::append(path, "..", "lib", "flmc");
  llvm::sys::path::append(path, "libflmrt.a");
  llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/true);
  return std::string(path);
}

/// Where the binary goes, before any work is done for it: a file called like
/// the config, unless -o says otherwise.
static LogicalResult chooseOutput(ModuleOp module, Options &options) {
  if (options.output.empty()) {
    options.output = "program";
    for (auto config : module.getOps<flm::ConfigOp>())
      if (options.config.empty() || config.getSymName() == options.config)
        options.output = config.getSymName().str();
    if (StringRef(options.output).contains('/')) {
      fail("the config's name '" + options.output +
           "' is no name of a file; give one with -o");
      return failure();
    }
  }
  return checkOutput(options.output, options);
}

static int writeText(ModuleOp module, const Options &options) {
  return failed(
      writeOutput(options.output.empty() ? "-" : options.output, options,
                  [&](llvm::raw_ostream &os) { printModule(module, os); }));
}

static int writeBinary(ModuleOp module, int64_t ranks, const Options &options,
                       const char *program) {
  setCrashStage("exe");
  llvm::Expected<flm::cpu::CpuTarget> target =
      flm::cpu::namedTarget(options.cpu);
  if (!target)
    return fail(llvm::toString(target.takeError()));
  flm::binary::EmitOptions emit;
  emit.optLevel = options.optLevel;
  llvm::Expected<SmallVector<char, 0>> object =
      flm::binary::emit(module, *target, flm::binary::EmitKind::Object, emit);
  if (!object)
    return fail(llvm::toString(object.takeError()));
  ArrayRef<char> bytes(*object);
  SmallVector<StringRef> parts =
      flm::Target::named(options.target)->runtimeParts();
  if (llvm::Error error = flm::binary::linkExecutable(
          ArrayRef<ArrayRef<char>>(bytes), findRuntime(options, program),
          options.output,
          /*needsMpi=*/ranks > 1, parts))
    return fail(llvm::toString(std::move(error)));
  return 0;
}

/// Runs the stages that the topic of --explain is about, and prints it.
static int explain(ModuleOp module, Options &options, TimingScope &timing) {
  using Print = void (*)(ModuleOp, const Options &);
  struct Topic {
    Stage stage;
    Print print;
  };
  const Topic topic =
      llvm::StringSwitch<Topic>(options.explain)
          .Case("mup", {Stage::mup,
                        [](ModuleOp module, const Options &) {
                          flm::printMupTable(module, llvm::outs());
                        }})
          .Case("pipeline", {Stage::local,
                             [](ModuleOp module, const Options &) {
                               flm::printSchedules(module, llvm::outs());
                             }})
          .Case("memory", {Stage::buffers,
                           [](ModuleOp module, const Options &) {
                             flm::printMemoryReport(module, llvm::outs());
                           }})
          .Default({Stage::shard, [](ModuleOp module, const Options &options) {
                      flm::printShardReport(
                          module, *flm::Topology::named(options.topology),
                          llvm::outs());
                      flm::printShardReasons(module, llvm::outs());
                    }});
  options.emit = topic.stage;
  if (failed(runStages(module, options, timing)))
    return 1;
  topic.print(module, options);
  if (std::error_code error = finish(llvm::outs()))
    return fail("cannot write the table: " + error.message());
  return 0;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  // A write past the limit of a file's size then fails as any other does.
  std::signal(SIGXFSZ, SIG_IGN);
  flm::cpu::registerTarget();
  std::optional<Options> options = parseOptions(argc, argv);
  if (!options)
    return 1;

  DialectRegistry registry;
  registry.insert<flm::FlmDialect>();
  flm::registerGradientRules(registry);
  flm::registerShardingRules(registry);
  for (const std::unique_ptr<flm::Target> &target : flm::Target::all())
    target->registerDialects(registry);
  flm::binary::registerTranslations(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);

  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> text =
      openInputFile(options->input, &message);
  if (!text)
    return fail(message);
  if (std::optional<std::string> error = flm::nestingError(text->getBuffer())) {
    llvm::errs() << text->getBufferIdentifier() << ':' << *error << '\n';
    return 1;
  }
  reportCrashes(ArrayRef<const char *>(argv, argc), options->input,
                text->getBuffer());
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(text), SMLoc());
  SourceMgrDiagnosticHandler diagnostics(*sources, &context);
  // What is wrong with no line of the spec is wrong with the command line.
  ScopedDiagnosticHandler commandLine(&context, [](Diagnostic &diagnostic) {
    auto loc = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>();
    if (loc && loc.getLine() != 0)
      return failure();
    llvm::WithColor::error(llvm::errs(), "flmc") << diagnostic.str() << "\n";
    for (Diagnostic &note : diagnostic.getNotes())
      llvm::WithColor::note(llvm::errs()) << note.str() << "\n";
    return success();
  });

  DefaultTimingManager timingManager;
  timingManager.setEnabled(options->timing);
  TimingScope timing = timingManager.getRootScope();

  TimingScope parsing = timing.nest("parse");
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  parsing.stop();
  if (!module)
    return 1;
  if (failed(addInlinePlan(*module, *options)))
    return 1;
  chooseDefaults(*module, *options);
  const int64_t ranks = worldSize(*module, *options);
  if (options->ranks && options->ranks != ranks)
    return fail("--ranks=" + llvm::Twine(options->ranks) +
                ": the plan is for " + llvm::Twine(ranks) +
                (ranks == 1 ? " rank" : " ranks") +
                "; choose another with --plan");
  options->ranks = static_cast<unsigned>(ranks);
  const bool linked = options->explain.empty() && options->emit == Stage::exe;
  if (linked && failed(chooseOutput(*module, *options)))
    return 1;

  if (!options->explain.empty())
    return explain(*module, *options, timing);
  if (failed(runStages(*module, *options, timing)))
    return 1;
  if (options->emit != Stage::exe)
    return writeText(*module, *options);
  TimingScope emitting = timing.nest("exe");
  return writeBinary(*module, ranks, *options, argv[0]);
}
