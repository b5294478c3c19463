//===----------------------------------------------------------------------===//
// The interpreter's state, optimizer and reductions.
//===----------------------------------------------------------------------===//
#include "test/codegen/reference/ExpectTensor.h"
#include "test/numerics/Program.h"

#include <cmath>

using namespace flm::numerics;

TEST(ReferenceTrainOps, ReadsSeeTheStateOnEntry) {
  // Swaps two parameters; the second read comes after the first update.
  Program program = Program::of("", "%a = param \"a\" : [w=2] f64\n"
                                    "update \"b\" with %a : [w=2] f64\n"
                                    "%b = param \"b\" : [w=2] f64\n"
                                    "update \"a\" with %b : [w=2] f64\n"
                                    "%again = param \"a\" : [w=2] f64\n"
                                    "return %again : [w=2] f64");
  State state;
  state["a"] = Tensor({2}, {1, 2});
  state["b"] = Tensor({2}, {3, 4});
  auto results = program.run({}, state);
  ASSERT_EQ(results.size(), 1u);
  expectTensor(results[0], {1, 2});
  expectTensor(state["a"], {3, 4});
  expectTensor(state["b"], {1, 2});
}

TEST(ReferenceTrainOps, UpdateMakesNewState) {
  Program program = Program::of("", "%m = fill 2.5 : [w=3] f64\n"
                                    "update \"exp_avg.w\" with %m : [w=3] f64\n"
                                    "return");
  State state;
  EXPECT_TRUE(program.run({}, state).empty());
  expectTensor(state["exp_avg.w"], {2.5, 2.5, 2.5});
}

TEST(ReferenceTrainOps, TruncatedNormalAsksTheGenerator) {
  Program program = Program::of(
      "", "%w = truncated_normal key \"w\" std 0.5 : [a=2, b=2] f64\n"
          "return %w : [a=2, b=2] f64");
  Options options;
  options.truncatedNormal = [](llvm::StringRef key, int64_t index, double std) {
    EXPECT_EQ(key, "w");
    return index * std;
  };
  auto results = program.run({}, options);
  ASSERT_EQ(results.size(), 1u);
  expectTensor(results[0], {0, 0.5, 1, 1.5});
  State state;
  EXPECT_NE(program.errorsOf({}, state).find("needs a generator"),
            std::string::npos);
}

TEST(ReferenceTrainOps, Reductions) {
  Program program = Program::of(
      "%x: [a=2, b=2] f64", "%s = sum %x : [a=2, b=2] f64 -> [] f64\n"
                            "%q = sum_squares %x : [a=2, b=2] f64 -> [] f64\n"
                            "%m = mean_abs %x : [a=2, b=2] f64 -> [] f64\n"
                            "return %s, %q, %m : [] f64, [] f64, [] f64");
  auto results = program.run({Tensor({2, 2}, {1, -2, 3, -4})});
  ASSERT_EQ(results.size(), 3u);
  expectTensor(results[0], {-2});
  expectTensor(results[1], {30});
  expectTensor(results[2], {2.5});
}

/// lr, beta1, beta2, eps, weight_decay, clip, bias1, bias2.
static Tensor hyper(double clip) {
  return Tensor({8}, {0.1, 0.75, 0.5, 0.25, 0.2, clip, 0.5, 0.5});
}

TEST(ReferenceTrainOps, ClipLimitsTheNorm) {
  Program program =
      Program::of("%ss: [] f64, %hyper: [hyper=8] f64",
                  "%norm, %coef = clip %ss, %hyper : [] f64, [hyper=8] f64\n"
                  "return %norm, %coef : [] f64, [] f64");
  auto clipped = program.run({Tensor({}, 16.0), hyper(1)});
  ASSERT_EQ(clipped.size(), 2u);
  expectTensor(clipped[0], {4});
  expectTensor(clipped[1], {1 / (4 + 1e-6)});
  auto small = program.run({Tensor({}, 16.0), hyper(5)});
  expectTensor(small[1], {1});
  auto off = program.run({Tensor({}, 16.0), hyper(0)});
  expectTensor(off[0], {4});
  expectTensor(off[1], {1});
}

TEST(ReferenceTrainOps, AdamWByHand) {
  Program program = Program::of(
      "%p: [w=1] f64, %m: [w=1] f64, %v: [w=1] f64, %g: [w=1] f64, "
      "%coef: [] f64, %hyper: [hyper=8] f64",
      "%p1, %m1, %v1 = adamw %p, %m, %v, %g, %coef, %hyper lr 2.0 wd 0.5 eps "
      "4.0 : [w=1] f64, [] f64, [hyper=8] f64\n"
      "return %p1, %m1, %v1 : [w=1] f64, [w=1] f64, [w=1] f64");
  auto results =
      program.run({Tensor({1}, 3.0), Tensor({1}, 1.0), Tensor({1}, 4.0),
                   Tensor({1}, 4.0), Tensor({}, 0.5), hyper(0)});
  ASSERT_EQ(results.size(), 3u);
  // g = 2; m' = 0.75 + 0.5; v' = 2 + 2; lr = 0.2, decay = 0.2 * 0.2 * 0.5.
  double m = 1.25, v = 4;
  expectTensor(results[1], {m});
  expectTensor(results[2], {v});
  expectTensor(results[0],
               {3 * 0.98 - 0.2 * (m / 0.5) / (std::sqrt(v / 0.5) + 1)});
}
