//===----------------------------------------------------------------------===//
// Encoding and decoding with tokenizers made by hand.
//===----------------------------------------------------------------------===//
#include "runtime/data/BpeTokenizer.h"
#include "test/runtime/data/TemporaryFolder.h"
#include "test/runtime/data/TinyTokenizer.h"

#include <random>

using namespace flmrt;
using Tokens = std::vector<int32_t>;

namespace {
TEST(ByteTokenizer, IsTheIdentity) {
  const auto tokenizer = Tokenizer::bytes();
  std::string all;
  for (int i = 0; i < 256; ++i)
    all += char(i);
  const Tokens tokens = tokenizer->encode(all);
  ASSERT_EQ(tokens.size(), 256u);
  EXPECT_EQ(tokens[200], 200);
  EXPECT_EQ(tokenizer->decode(tokens), all);
  EXPECT_EQ(tokenizer->vocabSize(), 256);
  EXPECT_EQ(tokenizer->endOfDocument(), -1);
  expectUserError([&] { tokenizer->decode({256}); }, {"token 256", "256"});
  expectUserError([&] { tokenizer->decode({-1}); }, {"token -1"});
}

TEST(BpeTokenizer, MergesTheBestPairFirst) {
  // 258 b, 259 a, 260 c, 261 bc, 262 ab, 263 abc
  const BpeTokenizer tokenizer(tinySpec({"b", "a", "c", "bc", "ab", "abc"}));
  // bc outranks ab; then a+bc makes abc.
  EXPECT_EQ(tokenizer.encode("abc"), (Tokens{263}));
  EXPECT_EQ(tokenizer.encode("ab"), (Tokens{262}));
  EXPECT_EQ(tokenizer.encode("abab"), (Tokens{262, 262}));
  EXPECT_EQ(tokenizer.encode("aabcc"), (Tokens{259, 263, 260}));
  EXPECT_EQ(tokenizer.encode(""), (Tokens{}));
}

TEST(BpeTokenizer, LeftmostAmongEquals) {
  const BpeTokenizer tokenizer(tinySpec({"a", "aa"}));
  EXPECT_EQ(tokenizer.encode("aaa"), (Tokens{259, 258}));
  EXPECT_EQ(tokenizer.encode("aaaa"), (Tokens{259, 259}));
}

TEST(BpeTokenizer, UnknownCharactersBecomeBytes) {
  const BpeTokenizer tokenizer(tinySpec({"a"}));
  EXPECT_EQ(tokenizer.encode("aé"), (Tokens{258, 2 + 0xc3, 2 + 0xa9}));
  EXPECT_EQ(tokenizer.encode("\xff"), (Tokens{2 + 0xff}));
  EXPECT_EQ(tokenizer.encode(std::string("\0", 1)), (Tokens{2}));
  // The text of a special piece is only text.
  EXPECT_EQ(tokenizer.encode("</s>").size(), 4u);
  EXPECT_EQ(tokenizer.decode({258, 1, 2 + 0xc3, 2 + 0xa9}), "aé");
  EXPECT_EQ(tokenizer.decode({0}), " ⁇ ");
}

TEST(BpeTokenizer, UserDefinedPiecesAreNeverMergedOrSplit) {
  // 258 a, 259 b, 260 ab, 261 "<x>", 262 "<x>a"
  const BpeTokenizer tokenizer(tinySpec({"a", "b", "ab"}, {"<x>", "<x>a"}));
  EXPECT_EQ(tokenizer.encode("ab<x>ab"), (Tokens{260, 262, 259}));
  EXPECT_EQ(tokenizer.encode("<x>b"), (Tokens{261, 259}));
  EXPECT_EQ(tokenizer.decode({261, 259}), "<x>b");
  // 258 a, 259 "a<x>", 260 "<x>a", 261 "<x>": not even into a normal piece.
  const BpeTokenizer tempted(tinySpec({"a", "a<x>", "<x>a"}, {"<x>"}));
  EXPECT_EQ(tempted.encode("a<x>a"), (Tokens{258, 261, 258}));
}

TEST(BpeTokenizer, DummyPrefixAndExtraSpaces) {
  TokenizerSpec spec = tinySpec({" ", "a", " a"});
  spec.addDummyPrefix = true;
  const BpeTokenizer prefixed(spec);
  EXPECT_EQ(prefixed.encode("a a"), (Tokens{260, 260}));
  EXPECT_EQ(prefixed.encode(""), (Tokens{}));
  for (const char *text : {"a", " a", "a a", "  ", " "})
    EXPECT_EQ(prefixed.decode(prefixed.encode(text)), text);
  spec.removeExtraWhitespaces = true;
  const BpeTokenizer squeezed(spec);
  EXPECT_FALSE(squeezed.lossless());
  EXPECT_EQ(squeezed.encode("  a   a "), (Tokens{260, 260}));
  EXPECT_EQ(squeezed.encode("   "), (Tokens{}));
  EXPECT_EQ(squeezed.decode({260, 260}), "a a");
}

TEST(BpeTokenizer, RestoresAnyBytes) {
  const BpeTokenizer tokenizer(tinySpec(
      {" ", "a", "b", "é", "中", "\n", " a", "ab", "中中", "\n\n", "é中"}));
  const std::vector<std::string> parts = {
      " ",    "a",           "b",    "é", "中", "\n",
      "\xff", "\xe4",        "\xb8", "▁", "x",  std::string("\0", 1),
      "😀",   "\xed\xa0\x80"};
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (unsigned n = random() % 40; n > 0; --n)
      text += parts[random() % parts.size()];
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
}

TEST(BpeTokenizer, PartsCutWhereItSaysEncodeAsTheWhole) {
  const BpeTokenizer tokenizer(tinySpec({" ", "a", "b", "中", "\n", " a", "ab",
                                         "aba", "中中", "\n\n", "b\n", " ab"}));
  const std::vector<std::string> parts = {" ",  "a",    "b", "中",
                                          "\n", "\xe4", "x", "😀"};
  std::mt19937 random(2);
  int cuts = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (unsigned n = 1 + random() % 40; n > 0; --n)
      text += parts[random() % parts.size()];
    const size_t limit = 1 + random() % text.size();
    const size_t cut = tokenizer.cutPosition(text, limit);
    ASSERT_GT(cut, 0u);
    ASSERT_LE(cut, text.size());
    cuts += cut < text.size();
    Tokens joined = tokenizer.encode(std::string_view(text).substr(0, cut));
    const Tokens rest = tokenizer.encode(std::string_view(text).substr(cut));
    joined.insert(joined.end(), rest.begin(), rest.end());
    EXPECT_EQ(joined, tokenizer.encode(text));
  }
  EXPECT_GT(cuts, 1000);
}

TEST(BpeTokenizer, DecodeRefusesForeignTokens) {
  const BpeTokenizer tokenizer(tinySpec({"a"}));
  expectUserError([&] { tokenizer.decode({259}); },
                  {"token 259", "259 tokens"});
  expectUserError([&] { tokenizer.decode({-7}); }, {"token -7"});
}

TEST(BpeTokenizer, LongTextsWithoutBoundaries) {
  // One word of a million characters: must not take quadratic time.
  const BpeTokenizer tokenizer(tinySpec({"a", "aa", "aaaa"}));
  EXPECT_EQ(tokenizer.encode(std::string(1 << 20, 'a')).size(),
            size_t(1 << 18));
}
} // namespace
