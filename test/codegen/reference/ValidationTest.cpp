//===----------------------------------------------------------------------===//
// A pass that changes what a program computes is named, no other.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Validation.h"

#include "codegen/reference/MultiplyAdds.h"
#include "dialects/flm/Flm.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

#include <cmath>
#include <functional>
#include <gmock/gmock.h>

using namespace mlir;
using namespace flm;
using flm::reference::distance;
using flm::reference::multiplyAdds;
using flm::reference::Tensor;
using flm::reference::Validation;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

using Edit = std::function<void(ModuleOp)>;

/// A pass, right or wrong, of a test.
struct EditPass : PassWrapper<EditPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(EditPass)

  EditPass(StringRef argument, Edit edit) : argument(argument), edit(edit) {}
  StringRef getArgument() const override { return argument; }
  void runOnOperation() override { edit(getOperation()); }

  StringRef argument;
  Edit edit;
};

class ValidationTest : public testing::Test {
protected:
  ValidationTest() {
    context.loadDialect<FlmDialect>();
    module = parseSourceString<ModuleOp>(
        R"(flm.program @step of @m(%x: [t=2, h=3] f64) {
             %w = param "w" : [o=2, h=3] f64
             %y = linear %x, %w : [t=2, h=3] f64 -> [t=2, o=2] f64
             %z = scale %y by 0.5 : [t=2, o=2] f64
             %v = scale %w by 3.0 : [o=2, h=3] f64
             update "w" with %v : [o=2, h=3] f64
             return %z : [t=2, o=2] f64
           }
           flm.program @other of @m(%x: [t=2] f64) {
             return %x : [t=2] f64
           })",
        &context);
  }

  /// Runs `passes` as a stage; what went wrong, one error per line.
  std::string stage(StringRef name,
                    ArrayRef<std::pair<StringRef, Edit>> passes) {
    std::string errors;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      errors += diagnostic.str() + "\n";
    });
    PassManager pm(&context);
    pm.enableVerifier(false);
    for (auto &[argument, edit] : passes)
      pm.addPass(std::make_unique<EditPass>(argument, edit));
    validation.watch(pm, name);
    EXPECT_TRUE(succeeded(pm.run(*module)));
    bool good = succeeded(validation.finishStage(*module));
    EXPECT_EQ(good, errors.empty()) << errors;
    return errors;
  }

  /// Sets the factor of scale number `index` in the text.
  static Edit setFactor(int index, double factor) {
    return [=](ModuleOp module) {
      int number = 0;
      module.walk([&](ScaleOp scale) {
        if (number++ == index)
          scale.setFactorAttr(Builder(scale).getF64FloatAttr(factor));
      });
    };
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  OwningOpRef<ModuleOp> module;
  std::string lines;
  llvm::raw_string_ostream os{lines};
  Validation validation{Validation::Options(), os};
};

const Edit nothing = [](ModuleOp) {};

TEST_F(ValidationTest, NamesThePassTheProgramAndTheElement) {
  EXPECT_THAT(stage("mup", {}), IsEmpty());
  EXPECT_THAT(stage("train", {{"right", nothing}}), IsEmpty());
  std::string errors = stage("shard", {{"right", nothing},
                                       {"wrong", setFactor(0, 0.25)},
                                       {"later", setFactor(1, 7.0)}});
  EXPECT_THAT(errors, HasSubstr("stage shard: pass wrong changes @step result "
                                "0 (%z): "));
  EXPECT_THAT(errors, HasSubstr(" became "));
  EXPECT_THAT(errors, HasSubstr(" (element "));
  EXPECT_THAT(errors, Not(HasSubstr("later")));
}

TEST_F(ValidationTest, SeesUpdates) {
  EXPECT_THAT(stage("mup", {}), IsEmpty());
  EXPECT_THAT(stage("fuse", {{"wrong", setFactor(1, 3.001)}}),
              HasSubstr("stage fuse: pass wrong changes @step update \"w\": "));
}

TEST_F(ValidationTest, DifferencesOfRoundingAgree) {
  EXPECT_THAT(stage("mup", {}), IsEmpty());
  EXPECT_THAT(stage("fuse", {{"rounds", setFactor(0, 0.5 + 1e-12)}}),
              IsEmpty());
  os.flush();
  EXPECT_THAT(lines, HasSubstr("mup      @step           2 values to compare "
                               "with\n"));
  EXPECT_THAT(lines,
              HasSubstr("fuse     @step           2 values agree after 1 "
                        "pass, largest difference 2e-12\n"));
  EXPECT_THAT(lines,
              HasSubstr("fuse     @other          1 value, unchanged\n"));
}

TEST_F(ValidationTest, WhatComesBeforeTheFirstStageMayChangeValues) {
  EXPECT_THAT(stage("mup", {{"multiplies", setFactor(0, 0.125)}}), IsEmpty());
}

/// Puts an op that the interpreter does not know behind the first scale.
void hide(ModuleOp module) {
  ScaleOp scale = *(*module.getOps<ProgramOp>().begin())
                       .getBody()
                       .getOps<ScaleOp>()
                       .begin();
  OpBuilder builder(scale->getContext());
  builder.setInsertionPointAfter(scale);
  Value y = scale.getY();
  auto cast = UnrealizedConversionCastOp::create(builder, scale.getLoc(),
                                                 y.getType(), y);
  y.replaceAllUsesExcept(cast.getResult(0), cast);
}

void unhide(ModuleOp module) {
  module.walk([](UnrealizedConversionCastOp cast) {
    cast.getResult(0).replaceAllUsesWith(cast.getOperand(0));
    cast.erase();
  });
}

TEST_F(ValidationTest, NamesPassesAfterWhichNothingRan) {
  EXPECT_THAT(stage("mup", {}), IsEmpty());
  EXPECT_THAT(stage("shard", {{"hide", hide}, {"unhide", unhide}}), IsEmpty());
  EXPECT_THAT(
      stage("local",
            {{"hide", hide}, {"wrong", setFactor(0, 2.0)}, {"unhide", unhide}}),
      HasSubstr("stage local: pass unhide (or before it, where the "
                "program did not run: hide, wrong) changes @step"));
}

TEST_F(ValidationTest, ProgramsMustRunAtTheEndOfAStage) {
  EXPECT_THAT(stage("mup", {}), IsEmpty());
  std::string errors = stage("local", {{"hide", hide}});
  EXPECT_THAT(errors, HasSubstr("is not an op that the reference interpreter"));
  EXPECT_THAT(errors, HasSubstr("stage local: @step does not run any more, "
                                "since hide\n"));
}

TEST_F(ValidationTest, ProgramsMayNotGo) {
  EXPECT_THAT(stage("mup", {}), IsEmpty());
  Edit drop = [](ModuleOp module) { module.lookupSymbol("other")->erase(); };
  EXPECT_THAT(stage("local", {{"drop", drop}}),
              HasSubstr("stage local: @other is gone"));
}

TEST_F(ValidationTest, RefusesWhatWouldTakeTooLong) {
  Operation *step = module->lookupSymbol("step");
  EXPECT_EQ(multiplyAdds(step), 2 * 2 * 3);
  Validation::Options options;
  options.maxMultiplyAdds = 11;
  Validation small(options, os);
  PassManager pm(&context);
  small.watch(pm, "mup");
  std::string error;
  ScopedDiagnosticHandler handler(
      &context, [&](Diagnostic &diagnostic) { error = diagnostic.str(); });
  EXPECT_TRUE(failed(small.finishStage(*module)));
  EXPECT_THAT(error, HasSubstr("12 multiply-adds, and validation interprets "
                               "at most 11; take a small model"));
}

TEST(DistanceTest, IsRelativeToTheLargestElement) {
  auto apart = distance(Tensor({3}, {1, -4, 2}), Tensor({3}, {1, -4, 3}));
  EXPECT_EQ(apart.relative, 0.25);
  EXPECT_EQ(apart.element, 2);
  EXPECT_EQ(distance(Tensor({1}, 0.0), Tensor({1}, 0.0)).relative, 0);
  EXPECT_EQ(distance(Tensor({1}, 0.0), Tensor({1}, 1.0)).relative, INFINITY);
}

TEST(DistanceTest, OneThatIsNotANumberIsFar) {
  auto apart = distance(Tensor({2}, {1, 2}), Tensor({2}, {1, NAN}));
  EXPECT_EQ(apart.relative, INFINITY);
  EXPECT_EQ(apart.element, 1);
  EXPECT_EQ(distance(Tensor({1}, NAN), Tensor({1}, NAN)).relative, 0);
}

} // namespace
