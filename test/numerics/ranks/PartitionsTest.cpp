//===----------------------------------------------------------------------===//
// The rules are sound: whatever well-typed partitioning of a training step is
// chosen, N ranks compute what one rank does.
//===----------------------------------------------------------------------===//
#include "codegen/Stages.h"
#include "codegen/reference/Distribute.h"
#include "codegen/reference/Ranks.h"
#include "passes/autodiff/Passes.h"
#include "passes/sharding/Passes.h"
#include "test/numerics/Program.h"
#include "test/numerics/ranks/RandomPartition.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

using namespace mlir;
using namespace flm;
using namespace flm::numerics;
using reference::Layout;
using reference::RankData;
using reference::RankGrid;

namespace {

constexpr int64_t kVocab = 11;
/// Relative to the largest element; sums are regrouped in double.
constexpr double kTolerance = 1e-11;

/// @train_step of a small Tele-FLM, not partitioned, on a grid.
class TrainStep {
public:
  explicit TrainStep(StringRef grid) {
    DialectRegistry registry;
    registry.insert<FlmDialect>();
    registerGradientRules(registry);
    registerShardingRules(registry);
    context = std::make_unique<MLIRContext>(registry,
                                            MLIRContext::Threading::DISABLED);
    std::string spec =
        llvm::MemoryBuffer::getFile(FLM_SOURCE_DIR "/models/tele-flm.mlir")
            .get()
            ->getBuffer()
            .str();
    spec += ("flm.plan @test of @tele_flm on " + grid + " {}\n").str();
    module = parseSourceString<ModuleOp>(spec, context.get());
    StageOptions options;
    options.config = "tiny";
    options.recipe = "quick";
    options.plan = "test";
    // Dims divide by 2, 3 or 4, some by all of them.
    for (const char *set :
         {"seq=6", "vocab=11", "padded_vocab=12", "hidden=12", "heads=6",
          "ffn=12", "layers=2", "micro_batch=4", "micro_batches=2",
          "base_width=8", "input_mult=1.5", "precision=f64"})
      options.overrides.push_back(set);
    PassManager pm(context.get());
    addStages(pm, Stage::graph, Stage::train, options);
    pm.addPass(createChunkNorms());
    if (failed(pm.run(*module)))
      llvm::report_fatal_error("the spec of a test does not compile");
    for (ProgramOp program :
         llvm::make_early_inc_range(module->getOps<ProgramOp>()))
      if (program.getSymName() != "train_step")
        program.erase();
    prepare();
  }

  void expectEqualsOneRank(unsigned seed);
  /// Collectives in all partitioned programs so far, by kind.
  std::map<std::string, int64_t> collectives;

private:
  ProgramOp programOf(ModuleOp module) {
    return *module.getOps<ProgramOp>().begin();
  }
  void prepare();

  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  State before, after;
  SmallVector<Tensor> arguments, results;
};

void TrainStep::prepare() {
  ProgramOp program = programOf(*module);
  program.walk([&](Operation *op) {
    if (!isa<ParamOp, StateOp>(op))
      return;
    StringRef name = op->getAttrOfType<StringAttr>("name");
    Tensor value =
        randomNormal(typeOf(op->getResult(0)).shape(), llvm::xxh3_64bits(name));
    // Moments that have seen steps, so that the update is smooth.
    for (double &x : value.data)
      x = name.starts_with("exp_avg_sq.") ? 0.1 + std::fabs(x) : 0.7 * x;
    before[name] = value;
  });
  for (unsigned index : {0, 1})
    arguments.push_back(randomIndices(
        typeOf(program.body()->getArgument(index)).shape(), kVocab, 5 + index));
  arguments.push_back(
      Tensor({8}, {1e-2, 0.9, 0.95, 1e-8, 0.1, 0.5, 0.1, 0.05}));
  after = before;
  results = *reference::run(program, arguments, after, {});
}

/// The largest difference of elements, in units of the largest element.
double difference(const Tensor &a, const Tensor &b) {
  double worst = 0, largest = 0;
  for (auto [x, y] : llvm::zip_equal(a.data, b.data)) {
    // Not max: a NaN must not go unseen.
    double d = std::fabs(x - y);
    worst = d <= worst ? worst : d;
    largest = std::max(largest, std::fabs(y));
  }
  return worst / std::max(largest, 1e-300);
}

void TrainStep::expectEqualsOneRank(unsigned seed) {
  OwningOpRef<ModuleOp> copy = module->clone();
  ProgramOp program = programOf(*copy);
  std::vector<RandomPartition::Axis> axes;
  for (PlanOp plan : copy->getOps<PlanOp>())
    for (auto name : plan.getAxes().getAsRange<StringAttr>())
      axes.push_back({name, plan.axisSize(name)});
  RandomPartition partition(program, axes, seed);
  partition.apply();
  ASSERT_GT(partition.choices(), 50);
  SmallVector<NamedTensorType> global;
  for (Value argument : program.body()->getArguments())
    global.push_back(typeOf(argument));
  PassManager pm(context.get());
  buildLocalStage(pm);
  ASSERT_TRUE(succeeded(pm.run(*copy)));
  program = programOf(*copy);
  program.walk([&](CollectiveOp op) {
    ++collectives[stringifyCollective(op.getKind()).str()];
  });

  RankGrid grid(*copy);
  std::vector<RankData> ranks(grid.ranks());
  for (auto [rank, data] : llvm::enumerate(ranks)) {
    for (auto [whole, type, argument] :
         llvm::zip(arguments, global, program.body()->getArguments()))
      data.arguments.push_back(
          Layout(type, typeOf(argument), grid, {}).partOf(whole, rank));
    data.state = reference::scattered(before, program, grid, rank);
  }
  ASSERT_TRUE(succeeded(reference::runOnRanks(program, grid, ranks)));
  for (RankData &data : ranks)
    for (auto [actual, expected] : llvm::zip_equal(data.results, results))
      ASSERT_LE(difference(actual, expected), kTolerance);
  // What ranks hold twice may differ in its last bits here, so each is
  // compared.
  for (auto [rank, data] : llvm::enumerate(ranks)) {
    State expected = reference::scattered(after, program, grid, rank);
    for (auto &entry : expected)
      ASSERT_LE(difference(data.state[entry.first()], entry.second), kTolerance)
          << entry.first().str() << " on " << grid.text(rank);
  }
}

class Partitions : public testing::TestWithParam<const char *> {};

} // namespace

TEST_P(Partitions, EqualOneRank) {
  constexpr unsigned kTrials = 60;
  TrainStep step(GetParam());
  for (unsigned seed = 0; seed < kTrials; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    step.expectEqualsOneRank(seed);
    if (HasFatalFailure())
      return;
  }
  // The test would show nothing if it did not meet all of them.
  for (const char *kind : {"all_reduce", "reduce_scatter", "all_gather",
                           "all_to_all", "slice", "mask"})
    EXPECT_GT(step.collectives[kind], 100) << kind;
}

INSTANTIATE_TEST_SUITE_P(Grids, Partitions,
                         testing::Values("grid(tp = 2)", "grid(tp = 3)",
                                         "grid(tp = 4)", "grid(dp = 2, tp = 2)",
                                         "grid(dp = 3, tp = 2)",
                                         "grid(a = 2, b = 2, c = 2)"));
