//===----------------------------------------------------------------------===//
// What a BPE tokenizer is made of, and the two files that hold one: flmc's own
// `.tokenizer` (JSON, TokenizerFile.md) and SentencePiece's `.model`.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DATA_TOKENIZERFILE_H
#define FLM_RUNTIME_DATA_TOKENIZERFILE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flmrt {

enum class PieceKind {
  Normal,      ///< text, made by merging
  Unknown,     ///< stands for text without a token; never produced here
  Control,     ///< no text: end of document and the like
  UserDefined, ///< text that is always one token
  Byte,        ///< one byte, written "<0x41>"
  Unused,      ///< text that nothing encodes to
};

/// The name of a kind as the file spells it.
const char *pieceKindName(PieceKind kind);

/// One token: its id is its index in TokenizerSpec::pieces.
struct Piece {
  std::string text; ///< spaces as spaces, not as SentencePiece's U+2581
  float score = 0;  ///< the pair with the highest score is merged first
  PieceKind kind = PieceKind::Normal;
};

/// The value of a piece of kind Byte, or -1 if `text` does not spell one.
int byteOfPiece(std::string_view text);

struct TokenizerSpec {
  std::vector<Piece> pieces;
  bool addDummyPrefix = false;         ///< a space is put before the text
  bool removeExtraWhitespaces = false; ///< runs of spaces become one
  int32_t endOfDocument = -1;          ///< -1: none

  /// Throws UserError unless the pieces can encode any text: all 256 byte
  /// pieces once, texts that are distinct, well-formed UTF-8 and not empty,
  /// finite scores. `name` is the file in the message.
  void check(const std::string &name) const;

  /// The contents of a `.tokenizer` file.
  std::string serialize() const;
};

/// Parses the contents of a `.tokenizer` file. Throws UserError.
TokenizerSpec parseTokenizerFile(std::string_view contents,
                                 const std::string &name);

/// True if `contents` may be a SentencePiece model rather than JSON.
bool looksLikeSentencePiece(std::string_view contents);

/// Parses the contents of a SentencePiece `.model`. Only what the training
/// binary can reproduce exactly is accepted: BPE, byte fallback, no character
/// normalisation. Throws UserError.
TokenizerSpec parseSentencePieceModel(std::string_view contents,
                                      const std::string &name);

/// Reads either file, told apart by content. Throws UserError.
TokenizerSpec readTokenizerSpec(const std::string &path);

} // namespace flmrt

#endif // FLM_RUNTIME_DATA_TOKENIZERFILE_H
