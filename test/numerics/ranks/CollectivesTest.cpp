//===----------------------------------------------------------------------===//
// Each collective, and each op that depends on the rank.
//===----------------------------------------------------------------------===//
#include "test/codegen/reference/ExpectTensor.h"
#include "test/numerics/ranks/OnRanks.h"

#include <cmath>

using namespace flm;
using namespace flm::numerics;
using reference::RankGrid;

/// Numbers from `first` on.
static Tensor count(llvm::ArrayRef<int64_t> shape, double first) {
  Tensor tensor(shape);
  for (double &x : tensor.data)
    x = first++;
  return tensor;
}

TEST(RankGrid, IsRowMajor) {
  RankGrid grid({{"dp", 2}, {"pp", 3}, {"tp", 2}});
  EXPECT_EQ(grid.ranks(), 12);
  EXPECT_EQ(grid.text(9), "rank 9 (dp = 1, pp = 1, tp = 1)");
  EXPECT_EQ(grid.withIndex(9, "pp", 2), 11);
  EXPECT_EQ(grid.withIndex(9, "dp", 0), 3);
  EXPECT_EQ(grid.indexOn(9, "cp"), 0);
}

TEST(Collectives, GatherAlongADim) {
  Program program = Program::of(
      "%x: [a=2, b=1] f64",
      "%y = collective all_gather %x over \"tp\" of 2 dim 1 id 0 bytes 16 : "
      "[a=2, b=1] f64 -> [a=2, b=2] f64\nreturn %y : [a=2, b=2] f64");
  // The other axis is not involved.
  auto y = runOnRanks(program, RankGrid({{"tp", 2}, {"dp", 2}}),
                      {count({2, 1}, 0), count({2, 1}, 10), count({2, 1}, 20),
                       count({2, 1}, 30)});
  expectTensor(y[0][0], {0, 20, 1, 21});
  expectTensor(y[1][0], {10, 30, 11, 31});
  expectTensor(y[2][0], {0, 20, 1, 21});
}

TEST(Collectives, ScatterAndGatherAFlatTensor) {
  // Three elements over two ranks: one of padding.
  Program program = Program::of(
      "%x: [a=3] f64",
      "%p = collective reduce_scatter %x over \"dp\" of 2 flat 2 id 0 bytes 16 "
      ": [a=3] f64 -> [flat=2] f64\n"
      "%y = collective all_gather %p over \"dp\" of 2 flat 2 id 1 bytes 16 : "
      "[flat=2] f64 -> [a=3] f64\n"
      "%s = collective slice %x over \"dp\" of 2 flat 2 id 2 bytes 0 : "
      "[a=3] f64 -> [flat=2] f64\n"
      "return %p, %y, %s : [flat=2] f64, [a=3] f64, [flat=2] f64");
  auto y = runOnRanks(program, RankGrid({{"dp", 2}}),
                      {count({3}, 1), count({3}, 10)});
  expectTensor(y[0][0], {11, 13});
  expectTensor(y[1][0], {15, 0});
  expectTensor(y[1][1], {11, 13, 15});
  expectTensor(y[0][2], {1, 2});
  expectTensor(y[1][2], {12, 0});
}

TEST(Collectives, ExchangeDims) {
  Program program = Program::of(
      "%x: [a=1, b=4] f64",
      "%y = collective all_to_all %x over \"tp\" of 2 dim 0 to 1 id 0 bytes 16 "
      ": [a=1, b=4] f64 -> [a=2, b=2] f64\n"
      "%s = collective reduce_scatter %y over \"tp\" of 2 dim 0 id 1 bytes 16 "
      ": [a=2, b=2] f64 -> [a=1, b=2] f64\n"
      "return %y, %s : [a=2, b=2] f64, [a=1, b=2] f64");
  auto y = runOnRanks(program, RankGrid({{"tp", 2}}),
                      {count({1, 4}, 0), count({1, 4}, 10)});
  expectTensor(y[0][0], {0, 1, 10, 11});
  expectTensor(y[1][0], {2, 3, 12, 13});
  expectTensor(y[1][1], {22, 24});
}

TEST(Collectives, SumAsATreeAndRoundEachSum) {
  Program program = Program::of(
      "%x: [] f32",
      "%y = collective all_reduce %x over \"dp\" of 4 by \"sum\" id 0 bytes 24 "
      ": [] f32 -> [] f32\n"
      "%m = collective all_reduce %x over \"dp\" of 4 by \"max\" id 1 bytes 24 "
      ": [] f32 -> [] f32\nreturn %y, %m : [] f32, [] f32");
  // (1 + e) + (e + e) with e half a unit in the last place: the ties go to 1,
  // and 2 e is a unit. In a row nothing would be added at all, and without
  // rounding one and a half.
  double e = std::ldexp(1.0, -24);
  auto in = [](double x) { return Tensor({}, x); };
  RankGrid grid({{"dp", 4}});
  Options rounding;
  rounding.roundResults = true;
  auto y = runOnRanks(program, grid, {in(1), in(e), in(e), in(e)}, rounding);
  EXPECT_EQ(y[0][0].data[0], 1 + 2 * e);
  EXPECT_EQ(y[3][0].data[0], 1 + 2 * e);
  EXPECT_EQ(y[3][1].data[0], 1);
  auto exact = runOnRanks(program, grid, {in(1), in(e), in(e), in(e)});
  EXPECT_EQ(exact[0][0].data[0], 1 + 3 * e);

  // The fold of one rank is the same tree.
  Program fold =
      Program::of("%x: [slot=4] f32", "%y = fold %x : [slot=4] f32 -> [] f32\n"
                                      "return %y : [] f32");
  EXPECT_EQ(fold.run({Tensor({4}, {1, e, e, e})}, rounding)[0].data[0],
            1 + 2 * e);
}

TEST(Collectives, MessagesAndMasks) {
  // A chain of three: each adds one to what comes and sends it on; the first
  // goes on with what it has.
  Program program = Program::of(
      "%x: [] f64",
      "%one = fill 1.0 : [] f64\n"
      "%in = collective receive %x over \"pp\" of 3 offset 1 id 0 match 1 "
      "bytes "
      "0 {flm.at = #flm.state<pp: at(not_first)>} : [] f64 -> [] f64\n"
      "%y = add %in, %one : [] f64\n"
      "collective send %y over \"pp\" of 3 offset 1 id 1 match 0 bytes 8 "
      "{flm.at = #flm.state<pp: at(not_last)>} : [] f64\n"
      "%last = scale %y by 2.0 {flm.at = #flm.state<pp: at(last)>} : [] f64\n"
      "%masked = collective mask %last over \"pp\" of 3 at 2 id 2 bytes 0 : "
      "[] f64 -> [] f64\n"
      "return %y, %masked : [] f64, [] f64");
  auto y = runOnRanks(program, RankGrid({{"pp", 3}}),
                      {Tensor({}, 5), Tensor({}, -100), Tensor({}, -100)});
  EXPECT_EQ(y[0][0].data[0], 6);
  EXPECT_EQ(y[1][0].data[0], 7);
  EXPECT_EQ(y[2][0].data[0], 8);
  EXPECT_EQ(y[1][1].data[0], 0);
  EXPECT_EQ(y[2][1].data[0], 16);
}

TEST(Collectives, PartsOfAVocabulary) {
  Program program = Program::of(
      "%x: [a=3] i32",
      "%y = local_tokens %x over \"tp\" size 4 : [a=3] i32\n"
      "%table = fill 3.0 : [vocab=4, h=1] f64\n"
      "%e = embedding %y, %table : [a=3] i32, [vocab=4, h=1] f64 -> "
      "[a=3, h=1] f64\n"
      "%logits = fill 0.0 : [a=1, vocab=4] f64\n"
      "%masked = mask_padding %logits over \"tp\" valid 6 : [a=1, vocab=4] "
      "f64\n"
      "return %y, %e, %masked : [a=3] i32, [a=3, h=1] f64, [a=1, vocab=4] f64");
  Tensor tokens({3}, {0, 4, 7});
  auto y = runOnRanks(program, RankGrid({{"tp", 2}}), {tokens, tokens});
  expectTensor(y[0][0], {0, -1, -1});
  expectTensor(y[1][0], {-1, 0, 3});
  expectTensor(y[1][1], {0, 3, 3});
  expectTensor(y[0][2], {0, 0, 0, 0});
  EXPECT_EQ(y[1][2].data, (std::vector<double>{0, 0, -HUGE_VAL, -HUGE_VAL}));
}

TEST(Collectives, PositionsOfALaterPart) {
  // Two ranks with one position each are one rank with two.
  std::string body = "return %y : [b=1, s=1, n=1 * d=2] f64";
  Program part = Program::of(
      "%x: [b=1, s=1, n=1 * d=2] f64",
      "%y = rope %x theta 1.0e4 {flm.axis = \"tp\"} : [b=1, s=1, n=1 * d=2] "
      "f64\n" +
          body);
  auto y = runOnRanks(part, RankGrid({{"tp", 2}}),
                      {Tensor({1, 1, 2}, {1, 0}), Tensor({1, 1, 2}, {1, 0})});
  expectTensor(y[0][0], {1, 0});
  expectTensor(y[1][0], {std::cos(1.0), std::sin(1.0)});
}
