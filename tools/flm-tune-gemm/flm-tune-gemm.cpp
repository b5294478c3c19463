//===----------------------------------------------------------------------===//
// Schedules of matrix multiplications by measurement, in three steps of which
// only the second needs a GPU:
//
//   flm-tune-gemm --arch=sm_90a --gemm='#flm_gpu.gemm<layout = nt, ...>'
//       --sizes=4096,4096,4096 --candidates > candidates.json
//     what to measure: [{"kernel": "#flm_gpu.gemm<... schedule ...>",
//     "scalars": [4096, 4096, 4096]}, ...]
//   (the GPU) -> measured.json
//     the same entries, each with "tflops"; those of a split inner dim count
//     the time of both kernels
//   flm-tune-gemm --rewrite=measured.json > GemmSchedules.txt
//     the table with the fastest schedule of each measured shape
//
// and, to see what a table chooses and why:
//
//   flm-tune-gemm --arch=sm_90a --gemm=... --sizes=4096,4096,4096 --choose
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/linear/GemmSchedules.h"
#include "tools/guards/Nesting.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"

using namespace flm::gpu;
using namespace mlir;
namespace cl = llvm::cl;
namespace json = llvm::json;

static cl::OptionCategory category("flm-tune-gemm options");

static cl::opt<bool> candidates("candidates",
                                cl::desc("Print the schedules to measure"),
                                cl::cat(category));
static cl::opt<bool> choose("choose", cl::desc("Print the chosen schedule"),
                            cl::cat(category));
static cl::opt<std::string>
    rewrite("rewrite", cl::desc("Print the table with these measurements"),
            cl::value_desc("measured.json"), cl::cat(category));
static cl::opt<std::string>
    tableFile("table", cl::desc("The table (default: the one built in)"),
              cl::value_desc("GemmSchedules.txt"), cl::cat(category));
static cl::opt<std::string> archName("arch",
                                     cl::desc("sm_90a (default) or sm_80"),
                                     cl::init("sm_90a"), cl::cat(category));
static cl::opt<std::string>
    gemmText("gemm", cl::desc("The problem, without a schedule"),
             cl::init("#flm_gpu.gemm<layout = nt, input = bf16, output = "
                      "bf16>"),
             cl::cat(category));
static cl::list<int64_t> sizeList("sizes",
                                  cl::desc("Sizes of the problem, in elements"),
                                  cl::CommaSeparated, cl::value_desc("m,n,k"),
                                  cl::cat(category));
static cl::opt<int64_t> multiprocessors(
    "multiprocessors",
    cl::desc("Of the GPU (default: 132 for sm_90a, an H100 SXM; 108 "
             "for sm_80, an A100)"),
    cl::cat(category));
static cl::opt<int64_t>
    maxSplits("max-splits",
              cl::desc("Into how many parts --choose may cut the inner dim "
                       "(default: 1)"),
              cl::init(1), cl::cat(category));

static int fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "flm-tune-gemm") << message << '\n';
  return 1;
}

static FailureOr<std::string> read(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (buffer) {
    if (auto error = flm::nestingError((*buffer)->getBuffer())) {
      llvm::errs() << path << ':' << *error << '\n';
      return failure();
    }
    return (*buffer)->getBuffer().str();
  }
  fail("cannot read '" + path + "': " + buffer.getError().message());
  return failure();
}

static std::string textOf(Attribute attr) {
  std::string text;
  llvm::raw_string_ostream(text) << attr;
  return text;
}

/// Notes every measurement; reports the first that is none.
static LogicalResult recordAll(GemmScheduleTable &table, StringRef text,
                               MLIRContext &context) {
  llvm::Expected<json::Value> parsed = json::parse(text);
  if (!parsed) {
    fail(rewrite + ": " + llvm::toString(parsed.takeError()));
    return failure();
  }
  const json::Array *entries = parsed->getAsArray();
  if (!entries) {
    fail(rewrite + ": expected an array of measurements");
    return failure();
  }
  SmallVector<GemmScheduleTable::Shape> measured;
  for (const auto &[i, entry] : llvm::enumerate(*entries)) {
    const json::Object *object = entry.getAsObject();
    auto kernel = object ? object->getString("kernel") : std::nullopt;
    auto teraflops = object ? object->getNumber("tflops") : std::nullopt;
    const json::Array *scalars = object ? object->getArray("scalars") : nullptr;
    GemmAttr gemm;
    if (kernel)
      gemm = dyn_cast_or_null<GemmAttr>(parseAttribute(*kernel, &context));
    GemmScheduleTable::Shape shape{};
    bool good = gemm && gemm.getSchedule() && teraflops && *teraflops > 0 &&
                scalars && scalars->size() == 3;
    for (size_t j = 0; good && j < 3; ++j) {
      auto size = (*scalars)[j].getAsInteger();
      good = size && *size > 0;
      shape.sizes[j] = size.value_or(0);
    }
    if (!good) {
      fail(rewrite + ": entry " + llvm::Twine(i) +
           R"( is not {"kernel": "#flm_gpu.gemm<..., schedule = ...>", )"
           R"("scalars": [m, n, k], "tflops": ...})");
      return failure();
    }
    shape.layout = gemm.getLayout();
    shape.teraflops = *teraflops;
    shape.schedule = gemm.getSchedule();
    measured.push_back(shape);
  }
  table.replace(measured);
  return success();
}

static void printCandidates(const GemmScheduleTable &table, GemmAttr gemm,
                            Arch arch, GemmSizes sizes, int64_t processors) {
  json::Array entries;
  for (GemmScheduleAttr schedule :
       candidateGemmSchedules(table, gemm, arch, sizes, processors))
    entries.push_back(
        json::Object{{"kernel", textOf(gemm.withSchedule(schedule))},
                     {"scalars", json::Array(sizes)}});
  llvm::outs() << llvm::formatv("{0:2}\n", json::Value(std::move(entries)));
}

/// What the estimate says about each tile, without a split.
static void printEstimates(const GemmScheduleTable &table, Arch arch,
                           GemmSizes sizes, int64_t processors) {
  for (const GemmScheduleTable::Tile &tile : table.tiles) {
    if (tile.schedule.getArch() != arch)
      continue;
    double cost = estimateCost(tile, sizes, processors);
    auto [m, n, k] = sizes;
    double ideal = static_cast<double>(m) * static_cast<double>(n) *
                   static_cast<double>(k) / static_cast<double>(processors);
    llvm::outs() << llvm::format("%5.1f %% of the peak: ", 100 * ideal / cost)
                 << tile.schedule.getM() << " x " << tile.schedule.getN()
                 << ", cluster " << tile.schedule.getCluster() << '\n';
  }
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Schedules of GEMMs\n");
  if (candidates + choose + !rewrite.empty() != 1)
    return fail("expected one of --candidates, --rewrite and --choose");

  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<FlmGpuDialect>();
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler diagnostics(sources, &context);

  std::string text = GemmScheduleTable::builtInText();
  std::string name = "GemmSchedules.txt";
  if (!tableFile.empty()) {
    auto contents = read(tableFile);
    if (failed(contents))
      return 1;
    text = *contents;
    name = tableFile;
  }
  auto table = GemmScheduleTable::parse(text, name, &context);
  if (failed(table))
    return 1;

  if (!rewrite.empty()) {
    auto measured = read(rewrite);
    if (failed(measured) || failed(recordAll(*table, *measured, context)))
      return 1;
    llvm::outs() << table->text();
    return 0;
  }

  std::optional<Arch> arch = symbolizeArch(archName);
  if (!arch)
    return fail("--arch is '" + archName + "'; expected sm_90a or sm_80");
  auto gemm = dyn_cast_or_null<GemmAttr>(parseAttribute(gemmText, &context));
  if (!gemm)
    return fail("--gemm is not a #flm_gpu.gemm");
  if (sizeList.size() != 3 ||
      llvm::any_of(sizeList, [](int64_t size) { return size < 1; }))
    return fail("--sizes needs m,n,k, at least 1");
  GemmSizes sizes = {sizeList[0], sizeList[1], sizeList[2]};
  int64_t processors =
      multiprocessors > 0 ? multiprocessors : multiprocessorsOf(*arch);
  if (candidates) {
    printCandidates(*table, gemm, *arch, sizes, processors);
    return 0;
  }
  GemmScheduleAttr chosen =
      chooseGemmSchedule(*table, gemm, *arch, sizes, processors, maxSplits);
  if (!chosen)
    return fail("the table has no tile for this problem");
  llvm::outs() << Attribute(chosen) << '\n';
  printEstimates(*table, *arch, sizes, processors);
  return 0;
}
