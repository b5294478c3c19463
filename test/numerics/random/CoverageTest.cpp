//===----------------------------------------------------------------------===//
// Random models hold every op that a spec can hold.
//===----------------------------------------------------------------------===//
#include "test/numerics/random/Seeds.h"

#include "dialects/flm/Flm.h"
#include "passes/autodiff/Passes.h"
#include "passes/autodiff/Vjp.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

using namespace mlir;
using namespace flm;
using namespace flm::numerics;

/// What a spec can hold besides ops that have a gradient rule.
static const std::set<std::string> kWithoutRule = {
    "flm.model", "flm.config", "flm.recipe", "flm.plan",
    "flm.param", "flm.fill",   "flm.yield",  "flm.return"};

/// What only the compiler makes: gradients, primitives of the loss, training
/// steps, collectives, and what `kernels` makes of them.
static const std::set<std::string> kMadeByTheCompiler = {
    "flm.embedding_grad",
    "flm.linear_grad_x",
    "flm.linear_grad_w",
    "flm.rms_norm_grad_x",
    "flm.rms_norm_grad_g",
    "flm.layer_norm_grad_x",
    "flm.layer_norm_grad_g",
    "flm.layer_norm_grad_b",
    "flm.attention_grad",
    "flm.silu_mul_grad",
    "flm.cross_entropy_grad",
    "flm.reduce_max",
    "flm.sum_exp",
    "flm.pick",
    "flm.nll",
    "flm.sum",
    "flm.program",
    "flm.state",
    "flm.update",
    "flm.truncated_normal",
    "flm.sum_squares",
    "flm.chunk_sums",
    "flm.chunk_total",
    "flm.fold",
    "flm.mean_abs",
    "flm.clip",
    "flm.adamw",
    "flm.reshard",
    "flm.collective",
    "flm.wait",
    "flm.local_tokens",
    "flm.mask_padding",
    "flm.pipeline",
    "flm.launch",
    "flm.communicate"};

TEST(RandomModels, HoldEveryOpOfSpecs) {
  DialectRegistry registry;
  registry.insert<FlmDialect>();
  registerGradientRules(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  std::map<std::string, int64_t> models; // that hold an op of this name
  forEachSeed(200, [&](const RandomModel &model, uint64_t) {
    auto module = parseSourceString<ModuleOp>(
        model.spec + "flm.plan @p of @m on grid() {}\n", &context);
    ASSERT_TRUE(module);
    std::set<std::string> names;
    module->walk([&](Operation *op) {
      names.insert(op->getName().getStringRef().str());
    });
    for (const std::string &name : names)
      ++models[name];
  });
  for (RegisteredOperationName op :
       context.getRegisteredOperationsByDialect("flm")) {
    std::string name = op.getStringRef().str();
    if (op.hasInterface<VjpOpInterface>() || kWithoutRule.count(name)) {
      EXPECT_GE(models[name], 5) << name;
      EXPECT_FALSE(kMadeByTheCompiler.count(name)) << name;
    } else {
      EXPECT_TRUE(kMadeByTheCompiler.count(name))
          << name << " has no gradient rule: can a spec hold it?";
      EXPECT_EQ(models[name], 0) << name;
    }
  }
}
