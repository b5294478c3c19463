//===----------------------------------------------------------------------===//
// BPE encoding and decoding.
//===----------------------------------------------------------------------===//
#include "runtime/data/BpeTokenizer.h"
#include "runtime/UserError.h"
#include "runtime/data/Utf8.h"

#include <algorithm>
#include <queue>

namespace flmrt {

namespace {
constexpr std::string_view UnknownText = " \xe2\x81\x87 "; // SentencePiece's
/// Stands for a malformed byte where a code point is expected; in no piece.
constexpr uint32_t Malformed = 0xffffffff;

/// Length of the first character, or 1 for a malformed byte.
size_t characterLength(std::string_view text, uint32_t &codePoint) {
  codePoint = Malformed;
  const size_t length = utf8Length(text, &codePoint);
  return length == 0 ? 1 : length;
}
} // namespace

BpeTokenizer::BpeTokenizer(TokenizerSpec moved)
    : spec(std::move(moved)), byteIds{}, asciiPairs{} {
  for (size_t id = 0; id < spec.pieces.size(); ++id) {
    const Piece &piece = spec.pieces[id];
    const auto token = static_cast<int32_t>(id);
    if (piece.kind == PieceKind::Byte)
      byteIds[byteOfPiece(piece.text)] = token;
    if (piece.kind == PieceKind::Normal)
      ids.emplace(piece.text, token);
    if (piece.kind == PieceKind::UserDefined)
      userDefined[static_cast<unsigned char>(piece.text[0])].push_back(token);
    if (piece.kind != PieceKind::Normal && piece.kind != PieceKind::UserDefined)
      continue;
    std::string_view rest = piece.text;
    uint32_t left, right;
    rest.remove_prefix(characterLength(rest, left));
    for (; !rest.empty(); left = right) {
      rest.remove_prefix(characterLength(rest, right));
      if ((left | right) < 128)
        asciiPairs[left][right] = true;
      else
        otherPairs.insert(uint64_t(left) << 32 | right);
    }
  }
  for (std::vector<int32_t> &candidates : userDefined)
    std::sort(candidates.begin(), candidates.end(), [&](int32_t a, int32_t b) {
      const size_t sizeA = spec.pieces[a].text.size();
      const size_t sizeB = spec.pieces[b].text.size();
      return sizeA != sizeB ? sizeA > sizeB : a < b;
    });
}

bool BpeTokenizer::mayJoin(uint32_t left, uint32_t right) const {
  if ((left | right) < 128)
    return asciiPairs[left][right];
  return otherPairs.count(uint64_t(left) << 32 | right) != 0;
}

size_t BpeTokenizer::wordLength(std::string_view text) const {
  uint32_t left, right;
  size_t length = characterLength(text, left);
  while (length < text.size()) {
    const size_t next = characterLength(text.substr(length), right);
    if (!mayJoin(left, right))
      break;
    length += next;
    left = right;
  }
  return length;
}

size_t BpeTokenizer::cutPosition(std::string_view text, size_t limit) const {
  // These two look at the text as a whole.
  if (limit >= text.size() || spec.addDummyPrefix ||
      spec.removeExtraWhitespaces)
    return text.size();
  uint32_t left, right;
  size_t position = utf8Boundary(text, limit);
  characterLength(text.substr(position), right);
  while (position > 0) {
    const size_t before = utf8Boundary(text, position - 1);
    characterLength(text.substr(before), left);
    if (!mayJoin(left, right))
      return position;
    position = before;
    right = left;
  }
  // The first word is longer than the limit.
  return wordLength(text);
}

/// Encodes one word; its buffers are kept from word to word.
class BpeTokenizer::WordEncoder {
public:
  explicit WordEncoder(const BpeTokenizer &tokenizer) : tokenizer(tokenizer) {}

  void encode(std::string_view word, std::vector<int32_t> &out) {
    if (const auto whole = tokenizer.ids.find(word);
        whole != tokenizer.ids.end() && isCharacter(word)) {
      out.push_back(whole->second);
      return;
    }
    split(word);
    for (size_t i = 1; i < symbols.size(); ++i)
      propose(static_cast<int>(i) - 1, static_cast<int>(i));
    merge();
    for (int i = 0; i >= 0; i = symbols[i].next)
      emit(symbols[i], out);
  }

private:
  /// A run of text that is one token so far; empty once merged to its left.
  struct Symbol {
    std::string_view text;
    int previous, next; // -1 at the ends
    int32_t frozen;     // the user-defined token, or -1
  };
  struct Merge {
    int left, right;
    float score;
    size_t size; // of the union: tells a stale entry
    bool operator<(const Merge &other) const {
      return score < other.score || (score == other.score && left > other.left);
    }
  };

  static bool isCharacter(std::string_view word) {
    return utf8Length(word) == word.size();
  }

  int32_t userDefinedAt(std::string_view text) const {
    for (int32_t id :
         tokenizer.userDefined[static_cast<unsigned char>(text[0])]) {
      const std::string &piece = tokenizer.spec.pieces[id].text;
      if (text.substr(0, piece.size()) == piece)
        return id;
    }
    return -1;
  }

  void split(std::string_view word) {
    symbols.clear();
    while (!word.empty()) {
      const int index = static_cast<int>(symbols.size());
      const int32_t frozen = userDefinedAt(word);
      uint32_t codePoint;
      const size_t length = frozen >= 0
                                ? tokenizer.spec.pieces[frozen].text.size()
                                : characterLength(word, codePoint);
      symbols.push_back({word.substr(0, length), index - 1, index + 1, frozen});
      word.remove_prefix(length);
    }
    symbols.back().next = -1;
  }

  /// Queues the merge of two neighbours if their union is a piece.
  void propose(int left, int right) {
    if (left < 0 || right < 0 || symbols[left].frozen >= 0 ||
        symbols[right].frozen >= 0)
      return;
    const std::string_view joined(symbols[left].text.data(),
                                  symbols[left].text.size() +
                                      symbols[right].text.size());
    const auto found = tokenizer.ids.find(joined);
    if (found != tokenizer.ids.end())
      agenda.push({left, right, tokenizer.spec.pieces[found->second].score,
                   joined.size()});
  }

  void merge() {
    while (!agenda.empty()) {
      const Merge best = agenda.top();
      agenda.pop();
      Symbol &left = symbols[best.left], &right = symbols[best.right];
      if (left.text.empty() || right.text.empty() ||
          left.text.size() + right.text.size() != best.size)
        continue; // one of the two has been merged since
      left.text = {left.text.data(), best.size};
      right.text = {};
      left.next = right.next;
      if (left.next >= 0)
        symbols[left.next].previous = best.left;
      propose(left.previous, best.left);
      propose(best.left, left.next);
    }
  }

  void emit(const Symbol &symbol, std::vector<int32_t> &out) const {
    if (symbol.frozen >= 0) {
      out.push_back(symbol.frozen);
      return;
    }
    if (const auto found = tokenizer.ids.find(symbol.text);
        found != tokenizer.ids.end()) {
      out.push_back(found->second);
      return;
    }
    for (char byte : symbol.text)
      out.push_back(tokenizer.byteIds[static_cast<unsigned char>(byte)]);
  }

  const BpeTokenizer &tokenizer;
  std::vector<Symbol> symbols;
  std::priority_queue<Merge> agenda;
};

std::string BpeTokenizer::normalize(std::string_view text) const {
  if (text.empty())
    return {};
  std::string out;
  out.reserve(text.size() + 1);
  if (spec.removeExtraWhitespaces) {
    for (char c : text)
      if (c != ' ' || (!out.empty() && out.back() != ' '))
        out += c;
    if (!out.empty() && out.back() == ' ')
      out.pop_back();
    if (out.empty())
      return out;
  } else {
    out = text;
  }
  if (spec.addDummyPrefix)
    out.insert(out.begin(), ' ');
  return out;
}

std::vector<int32_t> BpeTokenizer::encode(std::string_view text) const {
  // Most words come again: remember where their tokens lie in the output.
  struct Seen {
    size_t begin, count;
  };
  constexpr size_t LongestRemembered = 64, MostRemembered = 1 << 20;
  std::unordered_map<std::string_view, Seen> seen;

  std::string normalized;
  if (spec.addDummyPrefix || spec.removeExtraWhitespaces) {
    normalized = normalize(text);
    text = normalized;
  }
  std::vector<int32_t> out;
  WordEncoder encoder(*this);
  while (!text.empty()) {
    const std::string_view word = text.substr(0, wordLength(text));
    text.remove_prefix(word.size());
    const bool remember =
        word.size() <= LongestRemembered && seen.size() < MostRemembered;
    if (const auto found = seen.find(word); found != seen.end()) {
      const Seen tokens = found->second;
      for (size_t i = 0; i < tokens.count; ++i)
        out.push_back(out[tokens.begin + i]);
      continue;
    }
    const size_t begin = out.size();
    encoder.encode(word, out);
    if (remember)
      seen.emplace(word, Seen{begin, out.size() - begin});
  }
  return out;
}

std::string BpeTokenizer::decode(const std::vector<int32_t> &tokens) const {
  std::string out;
  bool prefixSeen = false;
  for (int32_t token : tokens) {
    if (token < 0 || token >= vocabSize())
      throw UserError("token " + std::to_string(token) +
                      " has no text: the tokenizer has " +
                      std::to_string(vocabSize()) + " tokens");
    const Piece &piece = spec.pieces[token];
    switch (piece.kind) {
    case PieceKind::Byte:
      out += static_cast<char>(byteOfPiece(piece.text));
      break;
    case PieceKind::Unknown:
      out += UnknownText;
      break;
    case PieceKind::Control:
      break;
    case PieceKind::Unused:
    case PieceKind::Normal:
    case PieceKind::UserDefined: {
      std::string_view text = piece.text;
      // The space that encoding put before the text goes again.
      const bool strip =
          spec.removeExtraWhitespaces || (spec.addDummyPrefix && !prefixSeen);
      if (out.empty() && strip && text[0] == ' ') {
        text.remove_prefix(1);
        prefixSeen = true;
      }
      out += text;
      break;
    }
    }
  }
  return out;
}

} // namespace flmrt
