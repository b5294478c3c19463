//===----------------------------------------------------------------------===//
// BPE encoding and decoding.
//===----------------------------------------------------------------------===//
#include "runtime/data/BpeTokenizer.h"
#include "runtime/UserError.h"
#include "runtime/data/BpeWordEncoder.h"
#include "runtime/data/Utf8.h"

#include <algorithm>

namespace flmrt {

constexpr std::string_view unknownText = " \xe2\x81\x87 "; // SentencePiece's

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
    rest.remove_prefix(utf8OrByteLength(rest, left));
    for (; !rest.empty(); left = right) {
      rest.remove_prefix(utf8OrByteLength(rest, right));
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
  size_t length = utf8OrByteLength(text, left);
  while (length < text.size()) {
    const size_t next = utf8OrByteLength(text.substr(length), right);
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
  utf8OrByteLength(text.substr(position), right);
  while (position > 0) {
    const size_t before = utf8Boundary(text, position - 1);
    utf8OrByteLength(text.substr(before), left);
    if (!mayJoin(left, right))
      return position;
    position = before;
    right = left;
  }
  // The first word is longer than the limit.
  return wordLength(text);
}

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
  constexpr size_t longestRemembered = 64, mostRemembered = 1 << 20;
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
        word.size() <= longestRemembered && seen.size() < mostRemembered;
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

const Piece &BpeTokenizer::pieceOf(int32_t token) const {
  if (token < 0 || token >= vocabSize())
    throw UserError("token " + std::to_string(token) +
                    " has no text: the tokenizer has " +
                    std::to_string(vocabSize()) + " tokens");
  return spec.pieces[token];
}

int64_t BpeTokenizer::textBytes(int32_t token) const {
  const Piece &piece = pieceOf(token);
  switch (piece.kind) {
  case PieceKind::Byte:
    return 1;
  case PieceKind::Unknown:
    return static_cast<int64_t>(unknownText.size());
  case PieceKind::Control:
    return 0;
  default:
    return static_cast<int64_t>(piece.text.size());
  }
}

std::string BpeTokenizer::decode(const std::vector<int32_t> &tokens) const {
  std::string out;
  bool prefixSeen = false;
  for (int32_t token : tokens) {
    const Piece &piece = pieceOf(token);
    switch (piece.kind) {
    case PieceKind::Byte:
      out += static_cast<char>(byteOfPiece(piece.text));
      break;
    case PieceKind::Unknown:
      out += unknownText;
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
