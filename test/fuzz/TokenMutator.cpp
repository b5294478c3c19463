//===----------------------------------------------------------------------===//
// Mutations of text that leave most of it well-formed.
//===----------------------------------------------------------------------===//
#include "test/fuzz/TokenMutator.h"

#include <cctype>
#include <cstddef>
#include <random>
#include <vector>

namespace {

/// Numbers where arithmetic breaks, and text where names do.
const char *const extremes[] = {"0",
                                "1",
                                "-1",
                                "2147483648",
                                "1099511627776",
                                "9007199254740993",
                                "9223372036854775807",
                                "18446744073709551616",
                                "0x7F800000",
                                "1.0e300",
                                "\"\\FF\"",
                                "\"\"",
                                "[]",
                                "{}",
                                "true",
                                "i1",
                                "@x",
                                "f64",
                                "batch",
                                "*"};

/// Text as pieces that, one after the other, are the text: words and numbers,
/// strings, white space, single characters.
std::vector<std::string> tokensOf(std::string_view text) {
  std::vector<std::string> tokens;
  auto isWord = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' ||
           c == '.' || c == '%' || c == '@' || c == '!' || c == '#';
  };
  size_t at = 0;
  while (at < text.size()) {
    size_t end = at + 1;
    if (isWord(text[at])) {
      while (end < text.size() && isWord(text[end]))
        ++end;
    } else if (text[at] == '"') {
      while (end < text.size() && text[end] != '"' && text[end] != '\n')
        ++end;
      end = std::min(end + 1, text.size());
    } else if (text[at] == ' ') {
      while (end < text.size() && text[end] == ' ')
        ++end;
    }
    tokens.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

class Mutator {
public:
  Mutator(std::string_view text, unsigned seed)
      : tokens(tokensOf(text)), random(seed) {}

  std::string run() {
    for (size_t changes = 1 + pick(4); changes && !tokens.empty(); --changes)
      change();
    std::string text;
    for (const std::string &token : tokens)
      text += token;
    return text;
  }

private:
  size_t pick(size_t count) { return random() % count; }

  bool isBlank(size_t index) const {
    return tokens[index].find_first_not_of(" \n") == std::string::npos;
  }

  /// A token that is no white space, if one is found.
  size_t anyToken() {
    size_t index = pick(tokens.size());
    for (int tries = 0; tries < 20 && isBlank(index); ++tries)
      index = pick(tokens.size());
    return index;
  }

  /// A token that begins like the one at `index`: the same kind of thing.
  size_t anyLike(size_t index) {
    auto kind = [](const std::string &token) {
      auto c = static_cast<unsigned char>(token[0]);
      return std::isdigit(c) ? '0' : std::isalpha(c) ? 'a' : token[0];
    };
    for (int tries = 0; tries < 200; ++tries)
      if (size_t other = pick(tokens.size());
          kind(tokens[other]) == kind(tokens[index]) &&
          tokens[other] != tokens[index])
        return other;
    return index;
  }

  /// The tokens of a line: from its first to the one after its last.
  std::pair<size_t, size_t> anyLine() {
    size_t begin = pick(tokens.size()), end = begin;
    while (begin && tokens[begin - 1] != "\n")
      --begin;
    while (end < tokens.size() && tokens[end] != "\n")
      ++end;
    return {begin, std::min(end + 1, tokens.size())};
  }

  void change() {
    size_t index = anyToken();
    switch (pick(8)) {
    case 0:
      tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(index));
      return;
    case 1:
      tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(index),
                    tokens[index]);
      return;
    case 2:
    case 3:
      tokens[index] = tokens[anyLike(index)];
      return;
    case 4:
    case 5:
      tokens[index] = extremes[pick(std::size(extremes))];
      return;
    case 6: {
      auto [begin, end] = anyLine();
      tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(begin),
                   tokens.begin() + static_cast<std::ptrdiff_t>(end));
      return;
    }
    default: {
      auto [begin, end] = anyLine();
      std::vector<std::string> line(
          tokens.begin() + static_cast<std::ptrdiff_t>(begin),
          tokens.begin() + static_cast<std::ptrdiff_t>(end));
      size_t to = anyLine().first;
      tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(to),
                    line.begin(), line.end());
    }
    }
  }

  std::vector<std::string> tokens;
  std::mt19937 random;
};

} // namespace

std::string flm::fuzz::mutateTokens(std::string_view text, unsigned seed) {
  return Mutator(text, seed).run();
}
