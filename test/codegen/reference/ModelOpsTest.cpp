//===----------------------------------------------------------------------===//
// The interpreter's forward ops on small cases computed by hand.
//===----------------------------------------------------------------------===//
#include "test/codegen/reference/ExpectTensor.h"
#include "test/numerics/Program.h"

#include <cmath>

using namespace flm::numerics;

TEST(ReferenceModelOps, EmbeddingPicksRows) {
  Program program =
      Program::of("%tokens: [t=3] i32, %table: [v=3, h=2] f64",
                  "%y = embedding %tokens, %table : [t=3] i32, [v=3, h=2] f64\n"
                  "return %y : [t=3, h=2] f64");
  auto results =
      program.run({Tensor({3}, {2, 0, 2}), Tensor({3, 2}, {1, 2, 3, 4, 5, 6})});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].shape, (llvm::SmallVector<int64_t>{3, 2}));
  expectTensor(results[0], {5, 6, 1, 2, 5, 6});
}

TEST(ReferenceModelOps, LinearContractsLastDims) {
  Program program = Program::of(
      "%x: [a=1, b=2, i=3] f64, %w: [o=2, i=3] f64",
      "%y = linear %x, %w : [a=1, b=2, i=3] f64 -> [a=1, b=2, o=2] f64\n"
      "return %y : [a=1, b=2, o=2] f64");
  auto results = program.run({Tensor({1, 2, 3}, {1, 2, 3, 4, 5, 6}),
                              Tensor({2, 3}, {1, 0, -1, 2, 1, 0})});
  ASSERT_EQ(results.size(), 1u);
  expectTensor(results[0], {-2, 4, -2, 13});
}

TEST(ReferenceModelOps, RmsNormDividesByRootMeanSquare) {
  // mean(3^2, 4^2) + 3.5 = 16; mean(0) + 3.5 = 3.5.
  Program program =
      Program::of("%x: [t=2, h=2] f64, %g: [h=2] f64",
                  "%y = rms_norm %x, %g eps 3.5 : [t=2, h=2] f64\n"
                  "return %y : [t=2, h=2] f64");
  auto results =
      program.run({Tensor({2, 2}, {3, 4, 0, 0}), Tensor({2}, {8, -2})});
  ASSERT_EQ(results.size(), 1u);
  expectTensor(results[0], {6, -2, 0, 0});
}

TEST(ReferenceModelOps, LayerNormGivesMeanZeroAndVarianceOne) {
  // Means 5 and 1, variances 9 and 0: sqrt(9 + 7) = 4.
  Program program =
      Program::of("%x: [t=2, h=2] f64, %g: [h=2] f64, %b: [h=2] f64",
                  "%y = layer_norm %x, %g, %b eps 7.0 : [t=2, h=2] f64\n"
                  "return %y : [t=2, h=2] f64");
  auto results = program.run({Tensor({2, 2}, {2, 8, 1, 1}),
                              Tensor({2}, {8, -4}), Tensor({2}, {3, 5})});
  ASSERT_EQ(results.size(), 1u);
  expectTensor(results[0], {-3, 2, 3, 5});
}

TEST(ReferenceModelOps, RopeRotatesPairsHalfAHeadApart) {
  // Two heads of four features at positions 0 and 1; the second pair turns
  // theta^(-2/4) = 0.1 radian per position.
  Program program =
      Program::of("%x: [s=2, n=2 * d=4] f64",
                  "%y = rope %x theta 100.0 : [s=2, n=2 * d=4] f64\n"
                  "%z = rope %y theta 100.0 inverse : [s=2, n=2 * d=4] f64\n"
                  "return %y, %z : [s=2, n=2 * d=4] f64, [s=2, n=2 * d=4] f64");
  std::vector<double> x = {1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 2, 0, 3, 1, 0};
  auto results = program.run({Tensor({2, 8}, x)});
  ASSERT_EQ(results.size(), 2u);
  double c1 = std::cos(1.0), s1 = std::sin(1.0), c2 = std::cos(0.1),
         s2 = std::sin(0.1);
  expectTensor(results[0], {1, 2, 3, 4, 5, 6, 7, 8, // position 0: unchanged
                            c1, -2 * s2, s1, 2 * c2, -s1, 3 * c2, c1, 3 * s2});
  expectTensor(results[1], x);
}

TEST(ReferenceModelOps, AttentionOfEqualScoresIsAMean) {
  Program program = Program::of(
      "%q: [s=3, n=1 * d=2] f64, %k: [s=3, n=1 * d=2] f64, "
      "%v: [s=3, n=1 * d=2] f64",
      "%y, %lse = attention %q, %k, %v causal : [s=3, n=1 * d=2] f64, "
      "[n=1, s=3] f64\n"
      "%z = attention %q, %k, %v : [s=3, n=1 * d=2] f64\n"
      "return %y, %lse, %z : [s=3, n=1 * d=2] f64, [n=1, s=3] f64, "
      "[s=3, n=1 * d=2] f64");
  Tensor k({3, 2}, {1, 2, 3, 4, 5, 6}), v({3, 2}, {3, 0, 9, 6, 0, 0});
  auto results = program.run({Tensor({3, 2}, 0.0), k, v});
  ASSERT_EQ(results.size(), 3u);
  expectTensor(results[0], {3, 0, 6, 3, 4, 2});
  expectTensor(results[1], {0, std::log(2.0), std::log(3.0)});
  expectTensor(results[2], {4, 2, 4, 2, 4, 2});
}

TEST(ReferenceModelOps, AttentionScalesByRootOfHeadDim) {
  // Two heads with head_dim 4: scores are half the dot products. Head 0 sees
  // scores 0 and ln 3; head 1 the other way round.
  Program program = Program::of(
      "%q: [b=1, s=2, n=2 * d=4] f64, %k: [b=1, s=2, n=2 * d=4] f64, "
      "%v: [b=1, s=2, n=2 * d=4] f64",
      "%y, %lse = attention %q, %k, %v : [b=1, s=2, n=2 * d=4] f64, "
      "[b=1, n=2, s=2] f64\n"
      "return %y, %lse : [b=1, s=2, n=2 * d=4] f64, [b=1, n=2, s=2] f64");
  double l = 2 * std::log(3.0);
  Tensor q({1, 2, 8}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0});
  Tensor k({1, 2, 8}, {0, 5, 0, 0, 7, l, 0, 0, l, 0, 0, 9, 0, 0, 8, 0});
  Tensor v({1, 2, 8}, {4, 0, 0, 8, 4, 0, 0, 0, 8, 4, 0, 0, 0, 0, 0, 20});
  auto results = program.run({q, k, v});
  ASSERT_EQ(results.size(), 2u);
  expectTensor(results[0], {7, 3, 0, 2, 3, 0, 0, 5,     // 1/4, 3/4; 3/4, 1/4
                            6, 2, 0, 4, 3.6, 0, 0, 2}); // 1/2; 9/10, 1/10
  expectTensor(results[1],
               {std::log(4.0), std::log(2.0), std::log(4.0), std::log(10.0)});
}

TEST(ReferenceModelOps, AttentionOfLargeScoresDoesNotOverflow) {
  Program program = Program::of(
      "%q: [s=2, n=1 * d=1] f64",
      "%y, %lse = attention %q, %q, %q causal : [s=2, n=1 * d=1] f64, "
      "[n=1, s=2] f64\n"
      "return %y, %lse : [s=2, n=1 * d=1] f64, [n=1, s=2] f64");
  auto results = program.run({Tensor({2, 1}, {-100, 100})});
  ASSERT_EQ(results.size(), 2u);
  expectTensor(results[0], {-100, 100});
  expectTensor(results[1], {1e4, 1e4});
}

TEST(ReferenceModelOps, SiluMulGates) {
  Program program =
      Program::of("%g: [t=3] f64, %u: [t=3] f64",
                  "%y = silu_mul %g, %u : [t=3] f64\nreturn %y : [t=3] f64");
  double l = std::log(3.0);
  auto results = program.run({Tensor({3}, {l, -l, 0}), Tensor({3}, {4, 4, 9})});
  ASSERT_EQ(results.size(), 1u);
  expectTensor(results[0], {3 * l, -l, 0});
}

TEST(ReferenceModelOps, AddAndScale) {
  Program program =
      Program::of("%a: [t=2] f64, %b: [t=2] f64",
                  "%s = add %a, %b, %a : [t=2] f64\n"
                  "%m = scale %s by 3.0 per batch=2 * seq=3 : [t=2] f64\n"
                  "return %s, %m : [t=2] f64, [t=2] f64");
  auto results = program.run({Tensor({2}, {1, 2}), Tensor({2}, {10, 20})});
  ASSERT_EQ(results.size(), 2u);
  expectTensor(results[0], {12, 24});
  expectTensor(results[1], {6, 12});
}

TEST(ReferenceModelOps, CrossEntropyIsTheMeanInNats) {
  // Probabilities 1/4 and 3/4; the third logit is padding and may be anything.
  Program program = Program::of(
      "%logits: [t=2, v=3] f64, %targets: [t=2] i32",
      "%a = cross_entropy %logits, %targets valid n=2 : [t=2, v=3] f64, [t=2] "
      "i32\n"
      "return %a : [] f64");
  double l = std::log(3.0);
  auto results = program.run(
      {Tensor({2, 3}, {0, l, 1e6, 1000, 1000 + l, -7}), Tensor({2}, {0, 1})});
  ASSERT_EQ(results.size(), 1u);
  double expected = (std::log(4.0) + std::log(4.0 / 3)) / 2;
  EXPECT_NEAR(results[0].data[0], expected, 1e-13); // 1000 + l is rounded
}
