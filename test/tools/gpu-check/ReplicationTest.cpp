// Large problems that repeat the contents of small ones: what is noticed.
#include "tools/gpu-check/Replication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace flm::gpucheck;
using namespace flm::gpuref;
using testing::HasSubstr;

namespace {

/// A result of 300 x 272 elements that repeats one of 37 x 24 different ones,
/// as it should be.
class ReplicationTest : public testing::Test {
protected:
  ReplicationTest()
      : small(argument, {37, 24}), large(argument, {300, 272}),
        replication(large.shape(), small.shape()) {
    for (int64_t i = 0; i < small.size(); ++i)
      expected.add(static_cast<double>(i), 0.25),
          small.set(i, expected.values[i]);
    replication.fill(large, small);
  }

  Comparison compared() const { return compare(expected, replication, large); }

  static Argument makeArgument() {
    Argument result;
    result.name = "c";
    return result;
  }

  Argument argument = makeArgument();
  Tensor small, large;
  Replication replication;
  Expected expected{"c", {}, {}};
};

TEST_F(ReplicationTest, FindsNothingInTheRightResult) {
  Comparison comparison = compared();
  EXPECT_EQ(comparison.error, 0);
  EXPECT_FALSE(comparison.mismatch);
  EXPECT_TRUE(large.guardsIntact());
}

TEST_F(ReplicationTest, ReportsErrorsInMultiplesOfTheBound) {
  large.set(77 * 272 + 5, large.get(77 * 272 + 5) + 0.125);
  EXPECT_EQ(compared().error, 0.5);
  large.set(77 * 272 + 5, large.get(77 * 272 + 5) + 0.25);
  EXPECT_EQ(compared().error, 1.5);
}

TEST_F(ReplicationTest, LocatesWhatIsWrong) {
  large.set(128 * 272 + 64, -1);
  large.set(140 * 272 + 100, NAN);
  Comparison comparison = compared();
  ASSERT_TRUE(comparison.mismatch);
  EXPECT_THAT(
      comparison.mismatch->text(),
      HasSubstr("'c' is wrong in 2 of 81600 elements, from [128, 64] to "
                "[140, 100]; the worst is [140, 100]: nan, expected "));
}

TEST_F(ReplicationTest, NoticesTilesInEachOthersPlaces) {
  // Two tiles of 64 x 64, as a wrong order of tiles would write them.
  for (int64_t row = 0; row < 64; ++row)
    for (int64_t column = 0; column < 64; ++column) {
      int64_t here = row * 272 + column, there = (row + 128) * 272 + column;
      double value = large.get(here);
      large.set(here, large.get(there));
      large.set(there, value);
    }
  Comparison comparison = compared();
  ASSERT_TRUE(comparison.mismatch);
  // An element in the place of one that repeats the same is right by chance.
  EXPECT_GT(comparison.mismatch->wrong, 2 * 64 * 64 * 9 / 10);
  EXPECT_EQ(comparison.mismatch->last[1], 63);
}

TEST(Replication, RepeatsDimsOfTheSameSizesAlike) {
  Argument argument;
  Tensor small(argument, {2, 2}), large(argument, {50, 50});
  for (int64_t i = 0; i < 4; ++i)
    small.set(i, static_cast<double>(i));
  Replication(large.shape(), small.shape()).fill(large, small);
  // 0 and 3 lie on the diagonal of the small one, so on that of the large one.
  bool both[4] = {};
  for (int64_t i = 0; i < 50; ++i)
    both[static_cast<int>(large.get(i * 51))] = true;
  EXPECT_TRUE(both[0] && both[3]);
  EXPECT_FALSE(both[1] || both[2]);
}

TEST(Replication, KeepsDimsThatDoNotChange) {
  Argument argument;
  Tensor small(argument, {1, 2, 3}), large(argument, {4, 2, 3});
  for (int64_t i = 0; i < 6; ++i)
    small.set(i, static_cast<double>(i));
  Replication(large.shape(), small.shape()).fill(large, small);
  for (int64_t i = 0; i < 24; ++i)
    EXPECT_EQ(large.get(i), static_cast<double>(i % 6));
}

} // namespace
