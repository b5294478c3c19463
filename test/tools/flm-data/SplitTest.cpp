//===----------------------------------------------------------------------===//
// Where a text is cut into training and validation parts.
//===----------------------------------------------------------------------===//
#include "runtime/data/Utf8.h"
#include "tools/flm-data/TextFiles.h"

#include <gtest/gtest.h>
#include <string>

using namespace flmrt;

namespace {
TEST(Split, CutsAtTheNearestLineStart) {
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += "line " + std::to_string(i % 10) + "\n"; // 7 bytes each
  for (double fraction : {0.05, 0.1, 0.333, 0.5, 0.9}) {
    const size_t cut = splitPosition(text, fraction);
    EXPECT_EQ(cut % 7, 0u);
    EXPECT_NEAR(double(cut), 700 * (1 - fraction), 3.5);
  }
  EXPECT_EQ(splitPosition(text, 0), text.size());
  EXPECT_EQ(splitPosition(text, 1), 0u);
}

TEST(Split, LongLinesAreCutAtACharacter) {
  std::string text = "short\n";
  for (int i = 0; i < 1000; ++i)
    text += "中";
  for (double fraction : {0.05, 0.1001, 0.3}) {
    const size_t cut = splitPosition(text, fraction);
    EXPECT_TRUE(isUtf8(text.substr(0, cut)));
    EXPECT_NEAR(double(cut), text.size() * (1 - fraction), 3);
  }
}

TEST(Split, TinyTexts) {
  EXPECT_EQ(splitPosition("", 0.5), 0u);
  EXPECT_EQ(splitPosition("a", 0.05), 1u);
  EXPECT_EQ(splitPosition("ab", 0.5), 1u);
  EXPECT_EQ(splitPosition("a\nb\n", 0.5), 2u);
}
} // namespace
