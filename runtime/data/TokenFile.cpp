//===----------------------------------------------------------------------===//
// Opening, checking and reading a file of tokens of any format.
//===----------------------------------------------------------------------===//
#include "runtime/data/TokenFile.h"
#include "runtime/UserError.h"
#include "runtime/data/MappedFile.h"
#include "runtime/data/TokenLayout.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <sys/stat.h>
#include <vector>

namespace flmrt {

int64_t tokenTypeSize(TokenType type) {
  switch (type) {
  case TokenType::U8:
    return 1;
  case TokenType::U16:
  case TokenType::I16:
    return 2;
  case TokenType::U32:
  case TokenType::I32:
    return 4;
  case TokenType::I64:
    return 8;
  }
  throw std::logic_error("unknown token type");
}

const char *tokenTypeName(TokenType type) {
  switch (type) {
  case TokenType::U8:
    return "uint8";
  case TokenType::U16:
    return "uint16";
  case TokenType::U32:
    return "uint32";
  case TokenType::I16:
    return "int16";
  case TokenType::I32:
    return "int32";
  case TokenType::I64:
    return "int64";
  }
  throw std::logic_error("unknown token type");
}

/// Calls `body` with the tokens as an array of unsigned integers of their
/// width: a negative token then is a huge one, and one comparison finds both.
template <typename Body>
static void withUnsigned(const unsigned char *tokens, TokenType type,
                         Body body) {
  switch (tokenTypeSize(type)) {
  case 1:
    return body(reinterpret_cast<const uint8_t *>(tokens));
  case 2:
    return body(reinterpret_cast<const uint16_t *>(tokens));
  case 4:
    return body(reinterpret_cast<const uint32_t *>(tokens));
  default:
    return body(reinterpret_cast<const uint64_t *>(tokens));
  }
}

/// One past the largest token that `type` can hold and int32 too.
static int64_t typeLimit(TokenType type) {
  switch (type) {
  case TokenType::U8:
    return int64_t(1) << 8;
  case TokenType::U16:
    return int64_t(1) << 16;
  case TokenType::I16:
    return int64_t(1) << 15;
  default:
    return int64_t(1) << 31;
  }
}

/// Index of the first of `count` tokens that is negative or >= `limit`, or -1.
/// The maximum of all vectorises; only where it is too large, they are
/// searched.
static int64_t firstOutside(const unsigned char *tokens, TokenType type,
                            int64_t count, uint64_t limit) {
  int64_t found = -1;
  withUnsigned(tokens, type, [&](const auto *values) {
    std::decay_t<decltype(*values)> largest = 0;
    for (int64_t i = 0; i < count; ++i)
      largest = std::max(largest, values[i]);
    if (largest < limit)
      return;
    for (found = 0; values[found] < limit;)
      ++found;
  });
  return found;
}

/// The token at `index` as it is meant: signed types may hold negative ones.
static int64_t tokenAt(const unsigned char *tokens, TokenType type,
                       int64_t index) {
  switch (type) {
  case TokenType::U8:
    return tokens[index];
  case TokenType::U16:
    return reinterpret_cast<const uint16_t *>(tokens)[index];
  case TokenType::I16:
    return reinterpret_cast<const int16_t *>(tokens)[index];
  case TokenType::U32:
    return reinterpret_cast<const uint32_t *>(tokens)[index];
  case TokenType::I32:
    return reinterpret_cast<const int32_t *>(tokens)[index];
  case TokenType::I64:
    return reinterpret_cast<const int64_t *>(tokens)[index];
  }
  throw std::logic_error("unknown token type");
}

static std::string withExtension(const std::string &path,
                                 const char *extension) {
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash))
    return path + extension;
  return path.substr(0, dot) + extension;
}

static bool exists(const std::string &path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0;
}

/// Picks the format by content, never by name alone.
static TokenLayout readLayout(const std::string &path) {
  std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  if (isLlmcTokens(*file))
    return readLlmc(std::move(file));
  if (isMegatronIndex(*file))
    return readMegatron(*file, MappedFile::open(withExtension(path, ".bin")));
  // The .bin of a Megatron dataset has no header of its own.
  const std::string indexPath = withExtension(path, ".idx");
  if (indexPath != path && exists(indexPath)) {
    std::shared_ptr<const MappedFile> index = MappedFile::open(indexPath);
    if (isMegatronIndex(*index))
      return readMegatron(*index, std::move(file));
  }
  const std::string what = describeContents(*file);
  std::string message = "'" + path + "' is not a token file: it looks like " +
                        what +
                        "; expected llm.c's magic number 20240520 (uint16) or "
                        "20240801 (uint32) at byte offset 0";
  if (what == "text")
    message += ". Encode it first: flm-data encode --out train.bin " + path;
  throw UserError(message);
}

TokenFile::TokenFile(const TokenLayout &layout, std::string path, int64_t limit)
    : file(layout.file), offset(layout.offset), limit(limit),
      tokenCount(layout.count), storage(layout.type), name(std::move(path)),
      formatName(layout.format) {}

/// Calls `body(stored, first, count)` for successive pieces of the tokens
/// [begin, begin + count), as they are stored.
template <typename Body>
void TokenFile::forEachBlock(int64_t begin, int64_t count, Body body) const {
  constexpr int64_t block = 1 << 14;
  const int64_t width = tokenTypeSize(storage);
  std::vector<uint64_t> buffer( // aligned for every type
      static_cast<size_t>((std::min(count, block) * width + 7) / 8));
  auto *stored = reinterpret_cast<unsigned char *>(buffer.data());
  for (int64_t end = begin + count; begin < end; begin += block) {
    const int64_t length = std::min(block, end - begin);
    file->readAt(offset + begin * width, stored, length * width);
    body(static_cast<const unsigned char *>(stored), begin, length);
  }
}

void TokenFile::failAt(int64_t index, int64_t token, int64_t vocab) const {
  std::string message =
      "'" + file->path() + "': token " + std::to_string(token) + " at index " +
      std::to_string(index) + " (byte offset " +
      std::to_string(offset + index * tokenTypeSize(storage)) + ")";
  if (token < 0)
    message += " is negative: the file is damaged or of another type";
  else if (vocab > 0 && token >= vocab)
    message += " is outside the vocabulary of " + std::to_string(vocab) +
               " (0 to " + std::to_string(vocab - 1) +
               "): the file was encoded for another tokenizer. Encode the text "
               "with the model's own, or compile the model for this one: flmc "
               "--set vocab=N --set padded_vocab=M, N the tokenizer's "
               "vocabulary, M at least N";
  else
    message += " does not fit 32 bits: the file is damaged";
  throw UserError(message);
}

void TokenFile::checkTokens(int64_t vocab) const {
  const bool narrow = storage == TokenType::U8 || storage == TokenType::U16;
  if (narrow && limit == typeLimit(storage))
    return; // no such token can be written in this type
  forEachBlock(
      0, tokenCount,
      [&](const unsigned char *stored, int64_t first, int64_t count) {
        const int64_t index =
            firstOutside(stored, storage, count, static_cast<uint64_t>(limit));
        if (index >= 0)
          failAt(first + index, tokenAt(stored, storage, index), vocab);
      });
}

TokenFile TokenFile::open(const std::string &path, int64_t vocab) {
  const TokenLayout layout = readLayout(path);
  const int64_t fits = typeLimit(layout.type);
  TokenFile tokens(layout, path, vocab > 0 ? std::min(vocab, fits) : fits);
  tokens.checkTokens(vocab);
  return tokens;
}

void TokenFile::read(int64_t begin, int64_t count, int32_t *out) const {
  if (begin < 0 || count < 0 || begin > tokenCount ||
      count > tokenCount - begin)
    throw std::out_of_range("TokenFile::read: [" + std::to_string(begin) +
                            ", +" + std::to_string(count) + ") of " +
                            std::to_string(tokenCount) + " tokens");
  forEachBlock(begin, count,
               [&](const unsigned char *stored, int64_t first, int64_t length) {
                 if (firstOutside(stored, storage, length,
                                  static_cast<uint64_t>(limit)) >= 0)
                   throw UserError(
                       "'" + file->path() +
                       "' was overwritten while it was read: a token of it "
                       "is outside the range that was checked; start again "
                       "when it is whole");
                 // All fit int32, so the signedness of the stored type no
                 // longer matters.
                 withUnsigned(stored, storage, [&](const auto *values) {
                   for (int64_t i = 0; i < length; ++i)
                     out[first - begin + i] = static_cast<int32_t>(values[i]);
                 });
               });
}

std::string TokenFile::fingerprint() const {
  constexpr int64_t piece = 4096, pieces = 256;
  uint64_t hash = 0xCBF29CE484222325;
  auto add = [&](uint64_t value) { hash = (hash ^ value) * 0x100000001B3; };
  std::vector<int32_t> tokens(piece);
  auto addTokens = [&](int64_t begin, int64_t count) {
    read(begin, count, tokens.data());
    for (int64_t i = 0; i < count; ++i)
      add(static_cast<uint64_t>(tokens[static_cast<size_t>(i)]));
  };
  add(static_cast<uint64_t>(tokenCount));
  if (tokenCount <= piece * pieces)
    for (int64_t begin = 0; begin < tokenCount; begin += piece)
      addTokens(begin, std::min(piece, tokenCount - begin));
  else
    for (int64_t i = 0; i < pieces; ++i) // the last one ends with the file
      addTokens((tokenCount - piece) / (pieces - 1) * i +
                    (tokenCount - piece) % (pieces - 1) * i / (pieces - 1),
                piece);
  char text[17];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(hash));
  return text;
}

int64_t TokenFile::largest() const {
  int64_t result = 0;
  forEachBlock(0, tokenCount,
               [&](const unsigned char *stored, int64_t, int64_t count) {
                 withUnsigned(stored, storage, [&](const auto *values) {
                   for (int64_t i = 0; i < count; ++i)
                     result = std::max(result, static_cast<int64_t>(values[i]));
                 });
               });
  return result;
}

} // namespace flmrt
