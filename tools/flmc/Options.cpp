//===----------------------------------------------------------------------===//
// The command line of flmc.
//===----------------------------------------------------------------------===//
#include "tools/flmc/Options.h"

#include "codegen/target/Target.h"
#include "passes/sharding/Topology.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/WithColor.h"

namespace cl = llvm::cl;

static cl::OptionCategory category("flmc options");

static cl::opt<std::string> input(cl::Positional, cl::desc("SPEC.mlir"),
                                  cl::Required, cl::cat(category));
static cl::opt<std::string>
    output("o",
           cl::desc("output file; default: the config's name for --emit=exe, "
                    "standard output (-) for the other stages"),
           cl::value_desc("file"), cl::cat(category));
static cl::opt<flmc::Stage>
    emit("emit", cl::desc("stop after a stage and print what it made:"),
         cl::init(flmc::Stage::exe),
         cl::values(
#define FLM_STAGE(name, doc) clEnumValN(flmc::Stage::name, #name, doc),
#include "passes/Stages.def"
             clEnumValN(flmc::Stage::exe, "binary", "same as exe")),
         cl::cat(category));
static cl::opt<std::string> config("config", cl::desc("config to compile"),
                                   cl::value_desc("name"), cl::cat(category));
static cl::opt<std::string>
    recipe("recipe",
           cl::desc("training recipe; may be left out if the spec "
                    "has only one"),
           cl::value_desc("name"), cl::cat(category));
static cl::opt<std::string> plan(
    "plan",
    cl::desc("parallel plan: its name in the spec, or the plan itself, "
             "e.g. 'grid(dp = 2) {batch -> dp, optimizer -> dp}'; default: "
             "the plan of one rank"),
    cl::value_desc("name|grid(...)"), cl::cat(category));
static cl::opt<unsigned>
    ranks("ranks",
          cl::desc("ranks that the binary will run on: an error unless the "
                   "plan has as many; default: those of the plan"),
          cl::value_desc("number"), cl::cat(category));
static cl::list<std::string>
    overrides("set",
              cl::desc("override a dim of the config or a key of the recipe; "
                       "repeat it for more"),
              cl::value_desc("name=value"), cl::cat(category));
static cl::opt<std::string>
    dumpDir("dump-dir",
            cl::desc("write NN-STAGE.mlir after every stage into a folder"),
            cl::value_desc("dir"), cl::cat(category));
static cl::opt<std::string>
    explain("explain",
            cl::desc("print why: 'mup' is the table of the parametrization, "
                     "'shard' the collectives, their bytes and time, and the "
                     "memory of a plan, 'pipeline' the order of its passes, "
                     "'memory' the bytes of a rank's arenas"),
            cl::value_desc("topic"), cl::cat(category));
static cl::opt<std::string> scheduleTrace(
    "schedule-trace",
    cl::desc("write the pipeline's schedule as trace events (JSON, "
             "for Perfetto or chrome://tracing); default: none"),
    cl::value_desc("file"), cl::cat(category));
static cl::opt<std::string>
    topology("topology",
             cl::desc("machine for the times of --explain=shard: a800, h100 or "
                      "host; default: h100"),
             cl::init("h100"), cl::value_desc("name"), cl::cat(category));
static cl::opt<std::string>
    target("target", cl::desc("what kernels are generated for; default: cpu"),
           cl::init("cpu"), cl::value_desc("name"), cl::cat(category));
static cl::opt<std::string>
    cpu("cpu",
        cl::desc("CPU to generate code for, as LLVM calls it; default: native"),
        cl::init("native"), cl::value_desc("name"), cl::cat(category));
static cl::opt<std::string> memoryLimit(
    "memory-limit",
    cl::desc("refuse a program that needs more memory, e.g. 80GiB; default: "
             "no limit"),
    cl::value_desc("size"), cl::cat(category));
static cl::opt<std::string>
    runtimeArchive("runtime-lib",
                   cl::desc("runtime to link with; default: "
                            "../lib/flmc/libflmrt.a, seen from the compiler"),
                   cl::value_desc("file"), cl::cat(category));
static cl::opt<unsigned>
    optLevel("O", cl::desc("LLVM optimisation level, 0 to 3; default: 2"),
             cl::Prefix, cl::init(2), cl::value_desc("level"),
             cl::cat(category));
static cl::opt<bool>
    probe("probe",
          cl::desc("let the binary record activations (--probe-every), for the "
                   "coordinate check of the parametrization"),
          cl::cat(category));
static cl::opt<bool> verifyEach("verify-each",
                                cl::desc("verify the IR after every pass; "
                                         "default: true"),
                                cl::init(true), cl::cat(category));
static cl::opt<bool> timing("timing",
                            cl::desc("print the time of every pass to stderr"),
                            cl::cat(category));
static cl::opt<bool> validate(
    "validate",
    cl::desc("interpret all programs on random numbers after every pass from "
             "mup to buffers, on all ranks of the plan, and name the first "
             "pass that changes what they compute; for small models"),
    cl::cat(category));

/// "80GiB", "500MB", "1048576" as bytes.
static std::optional<long long> parseSize(llvm::StringRef text) {
  static const std::pair<const char *, long long> units[] = {
      {"KiB", 1LL << 10}, {"MiB", 1LL << 20},   {"GiB", 1LL << 30},
      {"TiB", 1LL << 40}, {"kB", 1000LL},       {"KB", 1000LL},
      {"MB", 1000000LL},  {"GB", 1000000000LL}, {"TB", 1000000000000LL},
      {"B", 1LL}};
  long long factor = 1;
  for (auto [unit, bytes] : units)
    if (text.consume_back(unit)) {
      factor = bytes;
      break;
    }
  double number;
  if (text.trim().getAsDouble(number) || !(number > 0))
    return std::nullopt;
  return static_cast<long long>(number * static_cast<double>(factor));
}

std::optional<flmc::Options> flmc::parseOptions(int argc, char **argv) {
  cl::HideUnrelatedOptions(category);
  cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << "flmc 0.1 (LLVM 22)\n"; });
  if (!cl::ParseCommandLineOptions(
          argc, argv,
          "compiles an LLM training spec into a training binary\n\n"
          "  flmc models/tele-flm.mlir --config=tiny --recipe=quick -o tiny\n"
          "  ./tiny --data train.bin --steps 200\n"))
    return std::nullopt;

  Options options;
  options.input = input;
  options.output = output;
  options.emit = emit;
  options.config = config;
  options.recipe = recipe;
  options.plan = plan;
  options.ranks = ranks;
  options.overrides.assign(overrides.begin(), overrides.end());
  options.dumpDir = dumpDir;
  options.explain = explain;
  options.scheduleTrace = scheduleTrace;
  options.topology = topology;
  options.target = target;
  options.cpu = cpu;
  options.runtimeArchive = runtimeArchive;
  options.optLevel = optLevel;
  options.probe = probe;
  options.verifyEach = verifyEach;
  options.timing = timing;
  options.validate = validate;
  auto refuse = [](const llvm::Twine &message) {
    llvm::WithColor::error(llvm::errs(), "flmc") << message << "\n";
    return std::nullopt;
  };
  if (!memoryLimit.empty()) {
    std::optional<long long> bytes = parseSize(memoryLimit);
    if (!bytes)
      return refuse("--memory-limit: expected a size such as 80GiB, got '" +
                    memoryLimit + "'");
    options.memoryLimit = *bytes;
  }
  if (options.optLevel > 3)
    return refuse("-O: expected 0 to 3");
  const llvm::StringRef topics[] = {"mup", "shard", "pipeline", "memory"};
  if (!options.explain.empty() && !llvm::is_contained(topics, options.explain))
    return refuse("--explain: unknown topic '" + explain +
                  "'; known: " + llvm::join(llvm::ArrayRef(topics), ", "));
  if (!options.explain.empty() &&
      (output.getNumOccurrences() || emit.getNumOccurrences()))
    return refuse("--explain prints to standard output and makes no file: "
                  "leave out -o and --emit");
  if (options.validate && (!options.explain.empty() || emit < Stage::train))
    return refuse("--validate compares what stages from mup on have made: "
                  "leave out --explain, and let --emit be train or later");
  if (!flm::Target::named(options.target))
    return refuse("--target: unknown target '" + target +
                  "'; known: " + flm::Target::names());
  if (!flm::Topology::named(options.topology))
    return refuse("--topology: unknown machine '" + topology +
                  "'; known: " + llvm::join(flm::Topology::names(), ", "));
  return options;
}
