//===----------------------------------------------------------------------===//
// Runs a program of any stage, from `graph` to `buffers`, in the reference
// interpreter, and prints what it gives or compares it with another program:
//
//   flmc SPEC.mlir --config=tiny --recipe=quick --dump-dir=ir --emit=fuse
//   flm-interpret ir/06-fuse.mlir --program=train_step
//   flm-interpret ir/01-graph.mlir --compare=ir/06-fuse.mlir \
//     --compare-program=eval_step
//===----------------------------------------------------------------------===//
#include "tools/flm-interpret/ProgramRun.h"
#include "tools/registration/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace flminterpret;
namespace cl = llvm::cl;

static cl::OptionCategory category("flm-interpret options");

static cl::opt<std::string> input(cl::Positional, cl::desc("<file.mlir>"),
                                  cl::init("-"), cl::cat(category));
static cl::opt<std::string>
    programName("program",
                cl::desc("program or model to run; default: the only one"),
                cl::value_desc("name"), cl::cat(category));
static cl::opt<unsigned>
    seed("seed", cl::desc("of the random arguments and parameters; default: 1"),
         cl::init(1), cl::cat(category));
static cl::list<std::string>
    inputs("input",
           cl::desc("values of an argument, one for all elements or one each; "
                    "repeat it for more"),
           cl::value_desc("name=x,y,..."), cl::cat(category));
static cl::opt<bool>
    roundResults("round",
                 cl::desc("round what each op gives to its element type; "
                          "default: everything in double"),
                 cl::cat(category));
static cl::opt<int64_t>
    elements("elements",
             cl::desc("how many elements of a tensor are printed; default: 8"),
             cl::init(8), cl::cat(category));
static cl::opt<std::string>
    compareWith("compare",
                cl::desc("run a program of this file on the same numbers too; "
                         "print how far they are apart, relative to the "
                         "largest element"),
                cl::value_desc("file.mlir"), cl::cat(category));
static cl::opt<std::string>
    compareProgram("compare-program",
                   cl::desc("which one; default: that of --program"),
                   cl::value_desc("name"), cl::cat(category));
static cl::opt<double> tolerance(
    "tolerance",
    cl::desc("of --compare: further apart is an error; default: 1e-9"),
    cl::init(1e-9), cl::cat(category));

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "flm-interpret") << message << '\n';
  return 1;
}

/// The outputs of a program of `file`; diagnostics show the line.
static llvm::Expected<std::vector<Output>>
runFile(MLIRContext &context, StringRef file, StringRef name) {
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(file, sources, &context);
  if (!module)
    return llvm::createStringError("cannot read '" + file + "'");
  llvm::Expected<Operation *> program = findProgram(*module, name);
  if (!program)
    return program.takeError();
  RunOptions options;
  options.seed = seed;
  options.round = roundResults;
  options.inputs.assign(inputs.begin(), inputs.end());
  return run(*program, options);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "runs a program of any stage from graph to buffers, of one rank, in the "
      "reference interpreter\n");
  DialectRegistry registry;
  flm::registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);

  llvm::Expected<std::vector<Output>> outputs =
      runFile(context, input, programName);
  if (!outputs)
    return fail(llvm::toString(outputs.takeError()));
  if (compareWith.empty()) {
    print(*outputs, elements, llvm::outs());
    return 0;
  }
  llvm::Expected<std::vector<Output>> others =
      runFile(context, compareWith,
              compareProgram.empty() ? programName : compareProgram);
  if (!others)
    return fail(llvm::toString(others.takeError()));
  if (llvm::Error error = compare(*outputs, *others, tolerance, llvm::outs()))
    return fail(llvm::toString(std::move(error)));
  return 0;
}
