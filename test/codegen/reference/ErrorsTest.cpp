//===----------------------------------------------------------------------===//
// What the interpreter refuses, and that it says why.
//===----------------------------------------------------------------------===//
#include "test/numerics/Program.h"

#include <gmock/gmock.h>

using namespace flm::numerics;
using testing::HasSubstr;

TEST(ReferenceErrors, StateIsMissingOrHasAnotherShape) {
  Program program = Program::of("", "%a = param \"norm.weight\" : [w=2] f64\n"
                                    "return %a : [w=2] f64");
  State state;
  state["norm.wieght"] = Tensor({2}, 0.0);
  EXPECT_THAT(program.errorsOf({}, state),
              HasSubstr("the state has no \"norm.weight\"; did you mean "
                        "'norm.wieght'?"));
  state["norm.weight"] = Tensor({3}, 0.0);
  EXPECT_THAT(program.errorsOf({}, state),
              HasSubstr("with shape [3], expected [2]"));
}

TEST(ReferenceErrors, AFailedRunLeavesTheState) {
  Program program =
      Program::of("%tokens: [t=1] i32",
                  "%w = param \"w\" : [v=3, h=1] f64\n"
                  "%zero = fill 0.0 : [v=3, h=1] f64\n"
                  "update \"w\" with %zero : [v=3, h=1] f64\n"
                  "%y = embedding %tokens, %w : [t=1] i32, [v=3, h=1] f64\n"
                  "return");
  State state;
  state["w"] = Tensor({3, 1}, {1, 2, 3});
  EXPECT_THAT(program.errorsOf({Tensor({1}, 3.0)}, state),
              HasSubstr("token #0 is 3, expected an integer from 0 to 2"));
  EXPECT_THAT(program.errorsOf({Tensor({1}, 0.5)}, state),
              HasSubstr("token #0 is 0.5"));
  EXPECT_THAT(program.errorsOf({Tensor({1}, -1.0)}, state),
              HasSubstr("token #0 is -1"));
  EXPECT_EQ(state["w"].data, (std::vector<double>{1, 2, 3}));
}

TEST(ReferenceErrors, ArgumentsMustFit) {
  Program program = Program::of("%x: [t=2] f64", "return %x : [t=2] f64");
  State state;
  EXPECT_THAT(program.errorsOf({}, state),
              HasSubstr("takes 1 arguments, got 0"));
  EXPECT_THAT(program.errorsOf({Tensor({3}, 0.0)}, state),
              HasSubstr("argument #0 has shape [3], expected [2]"));
}

TEST(ReferenceErrors, TargetsMustBeClasses) {
  Program program = Program::of(
      "%logits: [t=1, v=3] f64, %targets: [t=1] i32",
      "%a = cross_entropy %logits, %targets valid n=2 : [t=1, v=3] f64, [t=1] "
      "i32\n"
      "return %a : [] f64");
  State state;
  EXPECT_THAT(program.errorsOf({Tensor({1, 3}, 0.0), Tensor({1}, 2.0)}, state),
              HasSubstr("target #0 is 2, expected an integer from 0 to 1"));
}

TEST(ReferenceErrors, HyperMustBeTheWholeVector) {
  Program program =
      Program::of("%ss: [] f64, %hyper: [hyper=7] f64",
                  "%norm, %coef = clip %ss, %hyper : [] f64, [hyper=7] f64\n"
                  "return %norm : [] f64");
  State state;
  EXPECT_THAT(program.errorsOf({Tensor({}, 0.0), Tensor({7}, 0.0)}, state),
              HasSubstr("the vector of Hyper.def has shape [7], expected [8]"));
}

TEST(ReferenceErrors, SymbolicSizesAreNotRun) {
  Program program(R"(
    flm.model @m dims [batch] (%x: [batch] f64) {
      return %x : [batch] f64
    })");
  State state;
  EXPECT_THAT(program.errorsOf({Tensor({2}, 0.0)}, state),
              HasSubstr("needs bound sizes"));
}

TEST(ReferenceErrors, DistributedValuesAreNotRun) {
  Program program =
      Program::of("%x: [t=2] f64 on {dp: partial(sum)}", "return");
  State state;
  EXPECT_THAT(program.errorsOf({Tensor({2}, 0.0)}, state),
              HasSubstr("runs one rank"));
}

TEST(ReferenceErrors, ParametersOfALoopMustBeHoisted) {
  Program program =
      Program::of("%x: [] f64", "%y = loop over l=2 (%h = %x : [] f64) {\n"
                                "  %w = param \"w\" : [] f64\n"
                                "  yield %w : [] f64\n"
                                "}\n"
                                "return %y : [] f64");
  State state;
  state["w"] = Tensor({}, 1.0);
  EXPECT_THAT(program.errorsOf({Tensor({}, 0.0)}, state),
              HasSubstr("the graph stage must hoist it"));
}

TEST(ReferenceErrors, OpsOfMachineCode) {
  Program program =
      Program::of("%x: [] f64", "launch @kernel ()\nreturn %x : [] f64");
  State state;
  EXPECT_THAT(program.errorsOf({Tensor({}, 0.0)}, state),
              HasSubstr("'flm.launch' op is not an op that the reference "
                        "interpreter knows"));
}

TEST(ReferenceErrors, OnlyProgramsAndModelsRun) {
  Program program = Program::of("%x: [] f64", "return %x : [] f64");
  mlir::Operation *module = program.op()->getParentOp();
  State state;
  mlir::ScopedDiagnosticHandler silence(
      module->getContext(), [](mlir::Diagnostic &) { return mlir::success(); });
  EXPECT_TRUE(failed(flm::reference::run(module, {}, state)));
}
