//===----------------------------------------------------------------------===//
// SentencePiece's BPE without SentencePiece.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DATA_BPETOKENIZER_H
#define FLM_RUNTIME_DATA_BPETOKENIZER_H

#include "runtime/data/Tokenizer.h"
#include "runtime/data/TokenizerFile.h"

#include <array>
#include <unordered_map>
#include <unordered_set>

namespace flmrt {

/// Starts from single characters and merges, again and again, the adjacent pair
/// whose union is the piece with the highest score (the leftmost among equals);
/// a character that ends up in no piece becomes its UTF-8 bytes.
///
/// On well-formed UTF-8 without U+2581 the tokens are those of SentencePiece.
/// SentencePiece reads U+2581 as a space and malformed bytes as U+FFFD; here
/// both become byte tokens, so that decoding gives back the text.
class BpeTokenizer : public Tokenizer {
public:
  /// `spec` must have passed its check.
  explicit BpeTokenizer(TokenizerSpec spec);

  std::vector<int32_t> encode(std::string_view text) const override;
  std::string decode(const std::vector<int32_t> &tokens) const override;
  int64_t textBytes(int32_t token) const override;
  size_t cutPosition(std::string_view text, size_t limit) const override;
  int64_t vocabSize() const override {
    return static_cast<int64_t>(spec.pieces.size());
  }
  int32_t endOfDocument() const override { return spec.endOfDocument; }
  bool lossless() const override { return !spec.removeExtraWhitespaces; }

private:
  class WordEncoder;

  const Piece &pieceOf(int32_t token) const;
  /// True if some piece holds `left` followed by `right`: only there can a
  /// merge cross, so everywhere else the text falls into words that are encoded
  /// independently of each other, with the result unchanged.
  bool mayJoin(uint32_t left, uint32_t right) const;
  size_t wordLength(std::string_view text) const;
  std::string normalize(std::string_view text) const;

  TokenizerSpec spec;
  std::unordered_map<std::string_view, int32_t> ids; // normal pieces
  std::array<int32_t, 256> byteIds;
  std::array<std::vector<int32_t>, 256>
      userDefined; // by first byte, longest first
  std::array<std::array<bool, 128>, 128> asciiPairs;
  std::unordered_set<uint64_t> otherPairs;
};

} // namespace flmrt

#endif // FLM_RUNTIME_DATA_BPETOKENIZER_H
