//===----------------------------------------------------------------------===//
// UTF-8 decoding.
//===----------------------------------------------------------------------===//
#include "runtime/data/Utf8.h"

#include <gtest/gtest.h>
#include <string>

using namespace flmrt;

namespace {
/// The UTF-8 of a code point, without asking whether it is allowed.
std::string spell(uint32_t c) {
  auto tail = [&](int shift) { return char(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80)
    return {char(c)};
  if (c < 0x800)
    return {char(0xc0 | c >> 6), tail(0)};
  if (c < 0x10000)
    return {char(0xe0 | c >> 12), tail(6), tail(0)};
  return {char(0xf0 | c >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8, EveryCodePoint) {
  for (uint32_t c = 0; c <= 0x110010; ++c) {
    const std::string text = spell(c);
    uint32_t found = 1;
    const bool allowed = c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
    ASSERT_EQ(utf8Length(text + "x", &found), allowed ? text.size() : 0) << c;
    if (allowed)
      ASSERT_EQ(found, c);
    // Cut short.
    if (text.size() > 1)
      ASSERT_EQ(utf8Length(text.substr(0, text.size() - 1)), 0u) << c;
  }
}

TEST(Utf8, Malformed) {
  for (const char *text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80", "\xff", "\xfe", "\xe4\xb8x",
        "\xc3(", ""}) {
    EXPECT_EQ(utf8Length(text), 0u) << text;
  }
  EXPECT_TRUE(isUtf8("plain, 中文, é, 😀"));
  EXPECT_FALSE(isUtf8("bad \xff end"));
  EXPECT_TRUE(isUtf8(""));
}

TEST(Utf8, Boundaries) {
  const std::string text = "a中😀b\x80\xe4";
  // a | 3 bytes | 4 bytes | b | malformed | malformed
  const size_t expected[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 10, 11};
  for (size_t i = 0; i < 12; ++i)
    EXPECT_EQ(utf8Boundary(text, i), expected[i]) << i;
  EXPECT_EQ(utf8Boundary(text, 99), text.size());
}
} // namespace
