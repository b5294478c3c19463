//===----------------------------------------------------------------------===//
// The numbers that the compiler and the runtime must agree on.
//===----------------------------------------------------------------------===//
#include "runtime/abi/Collectives.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

using namespace flm::abi;

namespace {

TEST(Collectives, HaveTheNamesOfTheManifest) {
  EXPECT_EQ(collectiveKind("reduce_scatter"), CollectiveKind::reduce_scatter);
  EXPECT_EQ(collectiveKind("broadcast"), std::nullopt);
  EXPECT_STREQ(name(CollectiveKind::all_to_all), "all_to_all");
}

TEST(Collectives, FoldTheLargestPowerOfTwoFirst) {
  std::function<std::string(int64_t, int64_t)> fold = [&](int64_t begin,
                                                          int64_t n) {
    if (n == 1)
      return std::to_string(begin);
    int64_t head = foldHead(n);
    return "(" + fold(begin, head) + fold(begin + head, n - head) + ")";
  };
  EXPECT_EQ(fold(0, 1), "0");
  EXPECT_EQ(fold(0, 4), "((01)(23))");
  EXPECT_EQ(fold(0, 7), "(((01)(23))((45)6))");
  // Ranks with two slots each give the tree of all slots.
  EXPECT_EQ(fold(0, 6), "(((01)(23))(45))");
}

TEST(Collectives, CountTheBytesThatARankSends) {
  using Kind = CollectiveKind;
  EXPECT_EQ(bytesSent(Kind::all_gather, 4, 64, 0, 4), 3 * 16 * 4);
  EXPECT_EQ(bytesSent(Kind::all_gather, 4, 61, 20, 2), 3 * 20 * 2);
  EXPECT_EQ(bytesSent(Kind::reduce_scatter, 2, 64, 0, 4), 32 * 4);
  EXPECT_EQ(bytesSent(Kind::all_reduce, 4, 61, 0, 4), 2 * 3 * 16 * 4);
  EXPECT_EQ(bytesSent(Kind::all_reduce, 8, 1, 0, 4), 2 * 7 * 4);
  EXPECT_EQ(bytesSent(Kind::all_to_all, 4, 64, 0, 4), 3 * 4 * 4);
  EXPECT_EQ(bytesSent(Kind::send, 2, 64, 0, 2), 128);
  for (Kind kind : {Kind::slice, Kind::mask, Kind::receive})
    EXPECT_EQ(bytesSent(kind, 2, 64, 0, 4), 0);
}

} // namespace
