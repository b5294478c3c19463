//===----------------------------------------------------------------------===//
// Runs a GPU kernel on the CPU under many schedules, checks it, and compares
// what it computes with a reference:
//
//   flm-opt --flm-build-kernel=... < /dev/null |
//     flm-emulate --args=200,328,264 --seeds=10
//
// Exits with 1 if anything was found.
//===----------------------------------------------------------------------===//
#include "codegen/binary/ObjectEmitter.h"
#include "codegen/gpu/reference/References.h"
#include "dialects/flm_gpu/FlmGpu.h"
#include "tools/flm-emulate/EmulatedLaunch.h"
#include "tools/guards/ToolArguments.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

using namespace flm::gpu;
using namespace flm::gpuref;
namespace cl = llvm::cl;

static cl::OptionCategory category("flm-emulate options");

static cl::opt<std::string> input(cl::Positional, cl::desc("<kernel.mlir>"),
                                  cl::init("-"), cl::cat(category));
static cl::opt<std::string>
    kernelName("kernel", cl::desc("The kernel, where the file has several"),
               cl::value_desc("name"), cl::cat(category));
static cl::list<int64_t>
    scalars("args", cl::desc("Values of the kernel's i32 arguments, in order"),
            cl::CommaSeparated, cl::value_desc("m,n,k"), cl::cat(category));
static cl::opt<unsigned>
    seeds("seeds", cl::init(1),
          cl::desc("How many schedules to run: seeds 0 "
                   "(round robin) to this - 1 (default: 1)"),
          cl::cat(category));
static cl::opt<int64_t>
    onlySeed("seed", cl::init(-1),
             cl::desc("Run this schedule only (default: those "
                      "of --seeds)"),
             cl::cat(category));
static cl::opt<bool> failFast("fail-fast",
                              cl::desc("Stop after the first bad schedule"),
                              cl::cat(category));
static cl::opt<int64_t>
    residentBlocks("resident-blocks", cl::init(4),
                   cl::desc("Blocks that the GPU holds at once: the grid of "
                            "persistent kernels (default: 4)"),
                   cl::cat(category));
static cl::opt<unsigned>
    hostThreads("host-threads", cl::init(1),
                cl::desc("Host threads that clusters are spread over "
                         "(default: 1)"),
                cl::cat(category));

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "flm-emulate") << message << '\n';
  return 1;
}

/// Runs one schedule; whether all was well.
static llvm::Expected<bool> runSeed(const KernelDescription &kernel,
                                    const HostKernel &code, uint64_t seed,
                                    double &worst) {
  std::string problem;
  auto tensors = KernelTensors::create(
      kernel, Sizes(scalars.begin(), scalars.end()), seed, problem);
  if (!tensors)
    return llvm::createStringError(problem);
  std::vector<Expected> reference;
  if (const KernelReference *known = findReference(kernel))
    reference = known->compute(*tensors);
  flm::emu::Options options = flm::emu::Options::forSeed(seed);
  options.hostThreads = hostThreads;
  flm::emu::Result result =
      EmulatedLaunch(*tensors, code.entry(), residentBlocks).run(options);

  bool good = result.finished && result.findings.empty();
  for (const flm::emu::Finding &finding : result.findings) {
    llvm::outs() << "seed " << seed << ": " << finding.where << ": "
                 << finding.what << " (block " << finding.block << ", thread "
                 << finding.thread;
    if (finding.times > 1)
      llvm::outs() << ", and " << finding.times - 1 << " more times";
    llvm::outs() << ")\n";
  }
  if (!tensors->guardsIntact()) {
    good = false;
    llvm::outs() << "seed " << seed << ": wrote beyond a tensor\n";
  }
  if (!result.finished)
    return false;
  for (const Expected &expected : reference) {
    double error =
        worstElement(expected, tensors->tensor(expected.tensor)).error;
    worst = std::max(worst, error);
    if (error > 1) {
      good = false;
      llvm::outs() << "seed " << seed << ": '" << expected.tensor
                   << "' is wrong: " << llvm::format("%.3g", error)
                   << " times the bound\n";
    }
  }
  return good;
}

int main(int argc, char **argv) {
  if (!flm::checkToolArguments(argc, argv))
    return 1;
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "GPU kernels on the CPU\n");

  mlir::DialectRegistry registry;
  registry.insert<FlmGpuDialect, mlir::arith::ArithDialect,
                  mlir::cf::ControlFlowDialect, mlir::gpu::GPUDialect,
                  mlir::LLVM::LLVMDialect, mlir::NVVM::NVVMDialect,
                  mlir::scf::SCFDialect>();
  flm::binary::registerTranslations(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  // An op with a hundred operands explains nothing.
  context.printOpOnDiagnostic(false);
  context.loadAllAvailableDialects();
  llvm::SourceMgr sources;
  mlir::SourceMgrDiagnosticHandler diagnostics(sources, &context);
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(input.getValue(), sources,
                                                      &context);
  if (!module)
    return 1;

  auto kernel = findKernel(*module, kernelName);
  if (mlir::failed(kernel))
    return 1;
  size_t expectedScalars = kernel->scalarCount();
  if (scalars.size() != expectedScalars)
    return fail("--args has " + llvm::Twine(scalars.size()) +
                " values; expected " + llvm::Twine(expectedScalars) +
                ", one per i32 argument of '" + kernel->name + "'");
  for (int64_t scalar : scalars)
    if (scalar < 0 || scalar > INT32_MAX)
      return fail("--args has " + llvm::Twine(scalar) +
                  "; expected values from 0 to 2147483647");
  bool described = !kernel->problem.is_null();
  if (described && !findReference(*kernel))
    return fail("'" + kernel->name +
                "' has no reference; add one to codegen/gpu/reference");
  auto code = HostKernel::compile(*module, kernel->name);
  if (!code)
    return fail(llvm::toString(code.takeError()));

  uint64_t first = onlySeed >= 0 ? onlySeed : 0;
  uint64_t last = onlySeed >= 0 ? onlySeed + 1 : seeds;
  unsigned bad = 0;
  double worst = 0;
  for (uint64_t seed = first; seed < last && !(failFast && bad); ++seed) {
    auto good = runSeed(*kernel, *code, seed, worst);
    if (!good)
      return fail(llvm::toString(good.takeError()));
    bad += !*good;
  }
  llvm::outs() << kernel->name << ": ";
  if (failFast && bad) {
    llvm::outs() << "stopped at a bad schedule\n";
    return 1;
  }
  llvm::outs() << last - first - bad << " of " << last - first
               << " schedules right";
  if (described)
    llvm::outs() << ", worst error " << llvm::format("%.2f", worst)
                 << " of the bound\n";
  else
    llvm::outs()
        << ", not compared: the kernel does not say what it computes\n";
  return bad != 0;
}
