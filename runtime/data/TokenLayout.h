//===----------------------------------------------------------------------===//
// Where the tokens of a file lie, found by the reader of its format. One
// function per format; TokenFile::open picks among them.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DATA_TOKENLAYOUT_H
#define FLM_RUNTIME_DATA_TOKENLAYOUT_H

#include "runtime/data/MappedFile.h"
#include "runtime/data/TokenFile.h"

#include <cstring>
#include <memory>
#include <string>

namespace flmrt {

/// A checked description: `count` > 0 tokens of `type` lie in `file` from byte
/// `offset` on, all within the file.
struct TokenLayout {
  std::shared_ptr<const MappedFile> file;
  TokenType type;
  int64_t offset;
  int64_t count;
  std::string format;
};

/// The constants of llm.c's format, shared with the writer.
namespace llmc {
constexpr int32_t magic16 = 20240520, version16 = 1;
constexpr int32_t magic32 = 20240801, version32 = 7;
constexpr int64_t headerBytes = 1024; // 256 int32
} // namespace llmc

/// True if `file` begins with one of llm.c's magic numbers for tokens.
bool isLlmcTokens(const MappedFile &file);

/// Throws UserError if the header lies.
TokenLayout readLlmc(std::shared_ptr<const MappedFile> file);

/// True if `file` begins as a Megatron-LM index does.
bool isMegatronIndex(const MappedFile &file);

/// `index` and `data` are the `.idx` and the `.bin` of one dataset. Throws
/// UserError if the index lies or its sequences are not stored back to back.
TokenLayout readMegatron(const MappedFile &index,
                         std::shared_ptr<const MappedFile> data);

/// What a file that is no token file looks like, for a message: "a safetensors
/// file", "text".
std::string describeContents(const MappedFile &file);

/// A little-endian integer at byte `offset`, which must lie within the file.
template <typename T> T loadAt(const MappedFile &file, int64_t offset) {
  T value;
  std::memcpy(&value, file.data() + offset, sizeof(T));
  return value;
}

} // namespace flmrt

#endif // FLM_RUNTIME_DATA_TOKENLAYOUT_H
