//===----------------------------------------------------------------------===//
// A spec compiled up to the `train` stage.
//===----------------------------------------------------------------------===//
#include "test/numerics/gradient/TrainPrograms.h"

#include "dialects/flm/Flm.h"
#include "passes/autodiff/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/mup/Passes.h"
#include "runtime/abi/Hyper.h"
#include "test/numerics/Program.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/xxhash.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace flm;
using namespace flm::numerics;

TrainPrograms::TrainPrograms(StringRef spec, const Choice &choice) {
  DialectRegistry registry;
  registry.insert<FlmDialect>();
  registerGradientRules(registry);
  context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  module = parseSourceString<ModuleOp>(spec, context.get());
  if (!module)
    llvm::report_fatal_error("the spec of a test does not parse");
  InstantiateModelOptions options;
  options.config = choice.config;
  options.recipe = choice.recipe;
  options.plan = choice.plan;
  for (const std::string &override : choice.set)
    options.overrides.push_back(override);
  PassManager pm(context.get());
  buildGraphStage(pm, options);
  pm.addPass(createApplyMup());
  buildTrainStage(pm);
  if (failed(pm.run(*module)))
    llvm::report_fatal_error("the spec of a test does not compile");
}

Operation *TrainPrograms::program(StringRef name) {
  Operation *program = module->lookupSymbol(name);
  if (!program)
    llvm::report_fatal_error("the spec of a test gave no such program");
  return program;
}

SmallVector<Tensor> TrainPrograms::run(StringRef name,
                                       ArrayRef<Tensor> arguments, State &state,
                                       const Options &options) {
  FailureOr<SmallVector<Tensor>> results =
      reference::run(program(name), arguments, state, options);
  if (failed(results))
    llvm::report_fatal_error("a program of a test reports an error");
  return std::move(*results);
}

/// The parameters that `program` reads.
static std::vector<ParamOp> parametersOf(Operation *program) {
  auto reads = program->getRegion(0).front().getOps<ParamOp>();
  return {reads.begin(), reads.end()};
}

std::vector<std::string> TrainPrograms::parameters() {
  std::vector<std::string> names;
  for (ParamOp param : parametersOf(program("train_step")))
    names.push_back(param.getName().str());
  llvm::sort(names);
  return names;
}

State TrainPrograms::randomState(unsigned seed) {
  State state;
  for (ParamOp param : parametersOf(program("train_step"))) {
    SmallVector<int64_t> shape = typeOf(param.getValue()).shape();
    Tensor value =
        randomNormal(shape, seed + llvm::xxh3_64bits(param.getName()));
    // Large enough that every op works where it is curved.
    for (double &x : value.data)
      x *= 0.7;
    state[param.getName()] = value;
    for (StringRef moment : {"exp_avg.", "exp_avg_sq."})
      state[(moment + param.getName()).str()] = Tensor(shape);
  }
  return state;
}

Batch TrainPrograms::randomBatch(int64_t vocab, unsigned seed) {
  SmallVector<int64_t> shape =
      typeOf(program("train_step")->getRegion(0).getArgument(0)).shape();
  return {randomIndices(shape, vocab, 2 * seed),
          randomIndices(shape, vocab, 2 * seed + 1)};
}

/// The micro-batches of `tokens`: its slots if it has one dim more than `like`.
static SmallVector<Tensor> microBatches(const Tensor &tokens,
                                        ArrayRef<int64_t> like) {
  SmallVector<Tensor> result;
  int64_t size = Tensor(like).size();
  for (auto begin = tokens.data.begin(); begin != tokens.data.end();
       begin += size)
    result.push_back(Tensor(like, std::vector<double>(begin, begin + size)));
  return result;
}

double TrainPrograms::loss(const Batch &batch, State &state) {
  SmallVector<int64_t> shape =
      typeOf(program("eval_step")->getRegion(0).getArgument(0)).shape();
  SmallVector<Tensor> tokens = microBatches(batch.tokens, shape);
  SmallVector<Tensor> targets = microBatches(batch.targets, shape);
  double total = 0;
  for (auto [t, y] : llvm::zip(tokens, targets))
    total += run("eval_step", {t, y}, state).front().data[0];
  return total / static_cast<double>(tokens.size());
}

/// No clipping, and a first moment that is the gradient.
static Tensor gradientHyper() {
  using flm::abi::Hyper;
  Tensor hyper({flm::abi::hyperCount});
  std::pair<Hyper, double> chosen[] = {{Hyper::lr, 0.1},
                                       {Hyper::eps, 1e-8},
                                       {Hyper::bias1, 1},
                                       {Hyper::bias2, 1}};
  for (auto [which, value] : chosen)
    hyper.data[static_cast<size_t>(which)] = value;
  return hyper;
}

Gradients TrainPrograms::gradients(const Batch &batch, State state,
                                   double *loss, const Options &options) {
  SmallVector<Tensor> metrics =
      run("train_step", {batch.tokens, batch.targets, gradientHyper()}, state,
          options);
  if (loss)
    *loss = metrics[0].data[0];
  Gradients gradients;
  for (const std::string &name : parameters())
    gradients[name] = state["exp_avg." + name];
  return gradients;
}
