//===----------------------------------------------------------------------===//
// A file of tokens: llm.c `.bin` files (16- and 32-bit) and
// Megatron-LM indexed datasets (`.bin` + `.idx`). The formats are described in
// TokenFormats.md.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DATA_TOKENFILE_H
#define FLM_RUNTIME_DATA_TOKENFILE_H

#include <cstdint>
#include <memory>
#include <string>

namespace flmrt {

class MappedFile;
struct TokenLayout;

/// How one token is stored. All are little-endian.
enum class TokenType { U8, U16, U32, I16, I32, I64 };

/// Bytes of one stored token.
int64_t tokenTypeSize(TokenType type);

/// The name of a type as in a message: "uint16".
const char *tokenTypeName(TokenType type);

/// A sequence of tokens on the disk. Copies share the open file, so a copy is
/// cheap and stays valid for as long as it lives: a file that is renamed over
/// it changes nothing. One that is cut short or overwritten in place meanwhile
/// is noticed where it matters: no token outside the range that open() has
/// checked ever comes out. Safe to read from several threads.
class TokenFile {
public:
  /// Opens `path` and checks all that can be checked: the format, the length of
  /// the file against the number of tokens it claims, and, with `vocab` > 0,
  /// that every token is below `vocab` (one scan of the file). `vocab` 0 checks
  /// only that every token fits int32.
  ///
  /// `path` is an llm.c file, or the `.bin` or the `.idx` of a Megatron pair.
  /// Throws UserError naming the file and the byte offset.
  static TokenFile open(const std::string &path, int64_t vocab);

  /// Number of tokens; at least 1.
  int64_t size() const { return tokenCount; }

  /// Copies tokens [begin, begin + count) to `out`. The range must lie within
  /// [0, size()]; anything else is a bug of the caller and throws
  /// std::out_of_range. Throws UserError if the file is not what it was.
  void read(int64_t begin, int64_t count, int32_t *out) const;

  /// The largest token; a scan of the whole file. Throws UserError as read().
  int64_t largest() const;

  /// Tells one sequence of tokens from another, however they are stored: a
  /// 64-bit FNV-1a hash of their number and of all of them up to 2^20; of a
  /// longer file, of its beginning, its end and 254 pieces evenly between them,
  /// 4,096 tokens each. Sixteen hexadecimal digits. Throws UserError as read().
  std::string fingerprint() const;

  TokenType type() const { return storage; }

  /// The path given to open, for messages.
  const std::string &path() const { return name; }

  /// The format as in a message: "llm.c version 1" or "Megatron-LM indexed".
  const std::string &format() const { return formatName; }

private:
  TokenFile(const TokenLayout &layout, std::string path, int64_t limit);
  template <typename Body>
  void forEachBlock(int64_t begin, int64_t count, Body body) const;
  [[noreturn]] void failAt(int64_t index, int64_t token, int64_t vocab) const;
  void checkTokens(int64_t vocab) const;

  std::shared_ptr<const MappedFile> file;
  int64_t offset; ///< of the first token, in bytes
  int64_t limit;  ///< tokens are below this
  int64_t tokenCount;
  TokenType storage;
  std::string name;
  std::string formatName;
};

} // namespace flmrt

#endif // FLM_RUNTIME_DATA_TOKENFILE_H
