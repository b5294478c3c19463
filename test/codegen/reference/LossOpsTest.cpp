//===----------------------------------------------------------------------===//
// The interpreter's primitives of cross-entropy.
//===----------------------------------------------------------------------===//
#include "test/codegen/reference/ExpectTensor.h"
#include "test/numerics/Program.h"

#include <cmath>

using namespace flm::numerics;

TEST(ReferenceLossOps, PrimitivesOneByOne) {
  Program program = Program::of(
      "%logits: [t=2, v=3] f64, %targets: [t=2] i32",
      "%m = reduce_max %logits valid n=2 : [t=2, v=3] f64 -> [t=2] f64\n"
      "%m_all = reduce_max %logits : [t=2, v=3] f64 -> [t=2] f64\n"
      "%s = sum_exp %logits, %m valid n=2 : [t=2, v=3] f64, [t=2] f64\n"
      "%p = pick %logits, %targets : [t=2, v=3] f64, [t=2] i32 -> [t=2] f64\n"
      "%nll = nll %s, %m, %p : [t=2] f64\n"
      "%total = sum %nll : [t=2] f64 -> [] f64\n"
      "return %m, %m_all, %s, %p, %nll, %total : [t=2] f64, [t=2] f64, [t=2] "
      "f64, [t=2] f64, [t=2] f64, [] f64");
  double l = std::log(3.0);
  auto results =
      program.run({Tensor({2, 3}, {0, l, 9, 2, 2, -7}), Tensor({2}, {0, 1})});
  ASSERT_EQ(results.size(), 6u);
  expectTensor(results[0], {l, 2});
  expectTensor(results[1], {9, 2});
  expectTensor(results[2], {4.0 / 3, 2});
  expectTensor(results[3], {0, 2});
  expectTensor(results[4], {std::log(4.0), std::log(2.0)});
  expectTensor(results[5], {std::log(8.0)});
}

TEST(ReferenceLossOps, PrimitivesTogetherAreCrossEntropy) {
  Program program = Program::of(
      "%logits: [b=2, s=3, v=7] f64, %targets: [b=2, s=3] i32",
      "%loss = cross_entropy %logits, %targets valid n=5 : [b=2, s=3, v=7] "
      "f64, [b=2, s=3] i32\n"
      "%m = reduce_max %logits valid n=5 : [b=2, s=3, v=7] f64 -> [b=2, s=3] "
      "f64\n"
      "%s = sum_exp %logits, %m valid n=5 : [b=2, s=3, v=7] f64, [b=2, s=3] "
      "f64\n"
      "%p = pick %logits, %targets : [b=2, s=3, v=7] f64, [b=2, s=3] i32 -> "
      "[b=2, s=3] f64\n"
      "%nll = nll %s, %m, %p : [b=2, s=3] f64\n"
      "%total = sum %nll : [b=2, s=3] f64 -> [] f64\n"
      "%mean = scale %total by 1.0 per b=2 * s=3 : [] f64\n"
      "return %loss, %mean : [] f64, [] f64");
  auto results =
      program.run({randomNormal({2, 3, 7}, 1), randomIndices({2, 3}, 5, 2)});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_GT(results[0].data[0], 1.0);
  expectTensor(results[1], results[0].data);
}

TEST(ReferenceLossOps, CrossEntropyGradIsZeroInThePadding) {
  Program program = Program::of(
      "%logits: [t=1, v=3] f64, %targets: [t=1] i32, %seed: [] f64",
      "%m = reduce_max %logits valid n=2 : [t=1, v=3] f64 -> [t=1] f64\n"
      "%s = sum_exp %logits, %m valid n=2 : [t=1, v=3] f64, [t=1] f64\n"
      "%d = cross_entropy_grad %logits, %m, %s, %targets, %seed valid n=2 : "
      "[t=1, v=3] f64, [t=1] f64, [t=1] i32, [] f64\n"
      "return %d : [t=1, v=3] f64");
  auto results = program.run({Tensor({1, 3}, {0, std::log(3.0), 50}),
                              Tensor({1}, 1.0), Tensor({}, 8.0)});
  ASSERT_EQ(results.size(), 1u);
  expectTensor(results[0], {2, -2, 0});
}
