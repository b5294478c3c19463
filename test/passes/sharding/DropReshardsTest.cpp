//===----------------------------------------------------------------------===//
// A forgotten collective is a type error: every reshard of a training program
// is dropped, one at a time, and the verifier must refuse what is left, where
// it stands and with advice.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"
#include "passes/autodiff/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/mup/Passes.h"
#include "passes/sharding/Passes.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace flm;

namespace {

class DropReshards : public testing::TestWithParam<const char *> {
protected:
  DropReshards() {
    DialectRegistry registry;
    registry.insert<FlmDialect>();
    registerGradientRules(registry);
    registerShardingRules(registry);
    context = std::make_unique<MLIRContext>(registry,
                                            MLIRContext::Threading::DISABLED);
  }

  /// Tele-FLM of two layers and two micro-batches, partitioned by `plan`.
  OwningOpRef<ModuleOp> partition(StringRef plan, StringRef precision) {
    std::string spec =
        llvm::MemoryBuffer::getFile(FLM_SOURCE_DIR "/models/tele-flm.mlir")
            .get()
            ->getBuffer()
            .str();
    spec += ("flm.plan @test of @tele_flm on " + plan + "\n").str();
    OwningOpRef<ModuleOp> module =
        parseSourceString<ModuleOp>(spec, context.get());
    if (!module)
      llvm::report_fatal_error("the spec of a test does not parse");
    InstantiateModelOptions options;
    options.config = "tiny";
    options.recipe = "quick";
    options.plan = "test";
    for (const char *set : {"layers=2", "micro_batches=2", "micro_batch=1",
                            "seq=8", "hidden=24", "heads=4", "ffn=16"})
      options.overrides.push_back(set);
    options.overrides.push_back(("precision=" + precision).str());
    PassManager pm(context.get());
    buildGraphStage(pm, options);
    buildMupStage(pm);
    buildTrainStage(pm);
    buildShardStage(pm);
    if (failed(pm.run(*module)))
      llvm::report_fatal_error("the spec of a test does not compile");
    return module;
  }

  /// The errors of `module` without its reshard number `index`; empty if it is
  /// accepted.
  std::vector<Diagnostic> errorsWithout(ModuleOp module, size_t index) {
    OwningOpRef<ModuleOp> copy = module.clone();
    size_t at = 0;
    copy->walk([&](ReshardOp reshard) {
      if (at++ != index)
        return;
      reshard.getY().replaceAllUsesWith(reshard.getX());
      reshard.erase();
    });
    std::vector<Diagnostic> errors;
    ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        errors.push_back(std::move(diagnostic));
      return success();
    });
    EXPECT_EQ(succeeded(verify(*copy)), errors.empty());
    return errors;
  }

  void expectAllRefused(ModuleOp module, size_t atLeast) {
    std::vector<std::string> reshards;
    module.walk([&](ReshardOp reshard) {
      std::string &text = reshards.emplace_back();
      llvm::raw_string_ostream stream(text);
      stream << reshard;
    });
    EXPECT_GE(reshards.size(), atLeast);
    RecordProperty("reshards", static_cast<int>(reshards.size()));
    for (auto [index, text] : llvm::enumerate(reshards)) {
      std::vector<Diagnostic> errors = errorsWithout(module, index);
      if (errors.empty()) {
        ADD_FAILURE() << "accepted without " << text;
        continue;
      }
      EXPECT_FALSE(isa<UnknownLoc>(errors.front().getLocation())) << text;
    }
  }

  std::unique_ptr<MLIRContext> context;
};

TEST_P(DropReshards, AreRefused) {
  for (StringRef precision : {"f32", "bf16"}) {
    SCOPED_TRACE(precision.str());
    OwningOpRef<ModuleOp> module = partition(GetParam(), precision);
    ASSERT_TRUE(succeeded(verify(*module)));
    expectAllRefused(*module, /*atLeast=*/20);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Plans, DropReshards,
    testing::Values(
        "grid(dp = 2) {batch -> dp, optimizer -> dp}",
        "grid(tp = 2) {heads -> tp, ffn -> tp, vocab -> tp}",
        "grid(tp = 4) {heads -> tp, ffn -> tp, vocab -> tp, seq -> tp}",
        "grid(dp = 2, tp = 2) {batch -> dp, heads -> tp, ffn -> tp, "
        "vocab -> tp, seq -> tp, optimizer -> dp}",
        "grid(dp = 2, pp = 2, tp = 2) {batch -> dp, heads -> tp, ffn -> tp, "
        "vocab -> tp, seq -> tp, layers -> pp, optimizer -> dp}"));

/// The test's own check: a program without reshards has none to drop, and one
/// that is left as it is, is accepted.
TEST_F(DropReshards, NothingDroppedIsAccepted) {
  OwningOpRef<ModuleOp> module = partition("grid(dp = 2) {batch -> dp}", "f32");
  EXPECT_TRUE(errorsWithout(*module, /*index=*/1000000).empty());
}

} // namespace
