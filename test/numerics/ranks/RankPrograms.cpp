//===----------------------------------------------------------------------===//
// A spec compiled up to the `local` stage and run on all ranks of its plan.
//===----------------------------------------------------------------------===//
#include "test/numerics/ranks/RankPrograms.h"

#include "codegen/buffers/Passes.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/Recipe.h"
#include "passes/autodiff/Passes.h"
#include "passes/fusion/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/mup/Passes.h"
#include "passes/sharding/Passes.h"
#include "test/numerics/Program.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace flm;
using namespace flm::numerics;
using reference::Options;
using reference::RankData;
using reference::State;
using reference::Tensor;

RankPrograms::RankPrograms() {
  DialectRegistry registry;
  registry.insert<FlmDialect>();
  registerGradientRules(registry);
  registerShardingRules(registry);
  context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
}

RankPrograms::RankPrograms(StringRef plan, const std::vector<std::string> &set)
    : RankPrograms() {
  static const std::string spec =
      llvm::MemoryBuffer::getFile(FLM_SOURCE_DIR "/models/tele-flm.mlir")
          .get()
          ->getBuffer()
          .str();
  if (failed(build(spec, {"tele_flm", "tiny", "quick", plan.str(), set})))
    llvm::report_fatal_error("the spec of a test does not compile");
}

LogicalResult RankPrograms::build(StringRef spec, const Choice &choice) {
  module = parseSourceString<ModuleOp>(spec.str() + "flm.plan @test of @" +
                                           choice.model + " on " + choice.plan +
                                           "\n",
                                       context.get());
  if (!module)
    llvm::report_fatal_error("the spec of a test does not parse");
  InstantiateModelOptions options;
  options.config = choice.config;
  options.recipe = choice.recipe;
  options.plan = "test";
  for (const std::string &override : choice.set)
    options.overrides.push_back(override);
  PassManager pm(context.get());
  buildGraphStage(pm, options);
  buildMupStage(pm);
  buildTrainStage(pm);
  buildShardStage(pm);
  buildLocalStage(pm);
  if (failed(pm.run(*module)))
    return failure();
  grid = reference::RankGrid(*module);
  for (RecipeOp recipe : module->getOps<RecipeOp>())
    chunks = {"pp", Recipe::of(recipe).pipeline_chunks};
  return success();
}

/// The stages behind `local`, on a copy.
LogicalResult RankPrograms::plan() {
  OwningOpRef<ModuleOp> copy = module->clone();
  PassManager pm(context.get());
  buildFuseStage(pm);
  buildBuffersStage(pm);
  return pm.run(*copy);
}

std::unique_ptr<RankPrograms>
RankPrograms::compile(StringRef spec, const Choice &choice, Refusal &refusal) {
  std::unique_ptr<RankPrograms> programs(new RankPrograms);
  refusal = {"", true};
  ScopedDiagnosticHandler handler(
      programs->context.get(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return;
        auto loc = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>();
        refusal.located &= loc && loc.getLine() > 0;
        refusal.text += std::to_string(loc ? loc.getLine() : 0) + ": " +
                        diagnostic.str() + "\n";
      });
  if (failed(programs->build(spec, choice)) || failed(programs->plan()))
    return nullptr;
  return programs;
}

Operation *RankPrograms::program(StringRef name) {
  Operation *program = module->lookupSymbol(name);
  if (!program)
    llvm::report_fatal_error("the spec of a test gave no such program");
  return program;
}

State RankPrograms::randomState(unsigned seed) {
  State state;
  program("train_step")->walk([&](ParamOp param) {
    NamedTensorType type = typeOf(param.getValue());
    if (auto global = param->getAttrOfType<TypeAttr>(kGlobalType))
      type = cast<NamedTensorType>(global.getValue());
    SmallVector<int64_t> shape = type.shape();
    Tensor value =
        randomNormal(shape, seed + llvm::xxh3_64bits(param.getName()));
    // Large enough that every op works where it is curved; as f32 has it.
    for (double &x : value.data)
      x = static_cast<float>(0.7 * x);
    state[param.getName()] = value;
    for (StringRef moment : {"exp_avg.", "exp_avg_sq."})
      state[(moment + param.getName()).str()] = Tensor(shape);
  });
  return state;
}

/// What one rank has of an argument of `program` that is tokens.
static SmallVector<int64_t> tokenShape(Operation *program, unsigned index) {
  return typeOf(program->getRegion(0).getArgument(index)).shape();
}

int64_t RankPrograms::tokenCount(StringRef name) {
  int64_t count = Tensor(tokenShape(program(name), 0)).size();
  // One sequence is not divided.
  return name == "predict" ? count : count * grid.ranksOn("dp");
}

SmallVector<Tensor> RankPrograms::run(StringRef name,
                                      ArrayRef<std::vector<double>> tokens,
                                      ArrayRef<Tensor> further, State &state,
                                      const Options &options) {
  Operation *op = program(name);
  std::vector<RankData> ranks(grid.ranks());
  for (auto [rank, data] : llvm::enumerate(ranks)) {
    for (auto [index, all] : llvm::enumerate(tokens)) {
      Tensor part(tokenShape(op, index));
      bool divided = part.data.size() < all.size();
      auto begin =
          all.begin() + (divided ? part.size() * grid.indexOn(rank, "dp") : 0);
      std::copy_n(begin, part.size(), part.data.begin());
      data.arguments.push_back(std::move(part));
    }
    data.arguments.append(further.begin(), further.end());
    data.state = reference::scattered(state, op, grid, rank, chunks);
  }
  if (failed(reference::runOnRanks(op, grid, ranks, options))) {
    ADD_FAILURE() << "@" << name.str() << " reports an error";
    return {};
  }
  for (auto [rank, data] : llvm::enumerate(ranks))
    for (auto [index, result] : llvm::enumerate(data.results))
      EXPECT_EQ(result.data, ranks.front().results[index].data)
          << "result #" << index << " of " << grid.text(rank);
  SmallVector<const State *> states;
  for (RankData &data : ranks)
    states.push_back(&data.state);
  FailureOr<State> next = reference::gathered(states, op, grid, chunks);
  if (failed(next)) {
    ADD_FAILURE() << "ranks have no common state after @" << name.str();
    return {};
  }
  for (auto &entry : *next)
    state[entry.first()] = std::move(entry.second);
  return ranks.front().results;
}
