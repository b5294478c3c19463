//===----------------------------------------------------------------------===//
// Text to tokens and back, in a training binary: raw bytes, or the BPE of a
// `.tokenizer` file that flm-data wrote.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DATA_TOKENIZER_H
#define FLM_RUNTIME_DATA_TOKENIZER_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace flmrt {

/// An immutable tokenizer; every method may be called from several threads.
class Tokenizer {
public:
  virtual ~Tokenizer();

  /// 256 tokens, one per byte value.
  static std::unique_ptr<Tokenizer> bytes();

  /// Reads a `.tokenizer` file (TokenizerFile.md). Throws UserError naming the
  /// file and the offending entry.
  static std::unique_ptr<Tokenizer> open(const std::string &path);

  /// Tokens of `text`, which may hold any bytes. No end-of-document token is
  /// added.
  virtual std::vector<int32_t> encode(std::string_view text) const = 0;

  /// Text of `tokens`; may end within a UTF-8 character. Control tokens have no
  /// text. Throws UserError for a token outside [0, vocabSize()).
  virtual std::string decode(const std::vector<int32_t> &tokens) const = 0;

  /// Bytes of text that `token` stands for where there is text before it; 0 of
  /// a control token. Throws UserError as decode().
  virtual int64_t textBytes(int32_t token) const = 0;

  /// A position in (0, text.size()] where `text` may be cut and its two parts
  /// encoded on their own, with the same tokens as the whole: the last one at
  /// or before `limit` > 0, or else the first one after it. For encoding texts
  /// larger than memory should hold at once.
  virtual size_t cutPosition(std::string_view text, size_t limit) const;

  /// Tokens are below this.
  virtual int64_t vocabSize() const = 0;

  /// The token that ends a document, or -1 if the tokenizer has none.
  virtual int32_t endOfDocument() const { return -1; }

  /// True if decode(encode(x)) == x for all bytes x.
  virtual bool lossless() const { return true; }
};

} // namespace flmrt

#endif // FLM_RUNTIME_DATA_TOKENIZER_H
