//===----------------------------------------------------------------------===//
// Copies and fills on the host.
//===----------------------------------------------------------------------===//
#include "runtime/abi/Program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

using testing::Each;
using testing::ElementsAre;

namespace {

TEST(HostCalls, CopyWhatTheyAreTold) {
  const std::array<int, 4> from = {1, 2, 3, 4};
  std::array<int, 4> to = {};
  flm_copy(&to[1], &from[2], 8);
  EXPECT_THAT(to, ElementsAre(0, 3, 4, 0));
  flm_copy(nullptr, nullptr, 0);
}

TEST(HostCalls, FillWithWordsAndCutTheLastOne) {
  std::array<uint32_t, 3> floats = {9, 9, 9};
  flm_fill(floats.data(), 0x3F800000, 8);
  EXPECT_THAT(floats, ElementsAre(0x3F800000, 0x3F800000, 9));
  // Five of bf16: two and a half words.
  alignas(4) std::array<uint16_t, 6> halves = {};
  flm_fill(halves.data(), 0x3F803F80, 10);
  EXPECT_THAT(halves, ElementsAre(0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0));
  flm_fill(halves.data(), 0, 12);
  EXPECT_THAT(halves, Each(0));
}

} // namespace
