//===----------------------------------------------------------------------===//
// Reader of Megatron-LM's indexed datasets.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "runtime/data/TokenLayout.h"

namespace flmrt {

constexpr char indexMagic[] =
    "MMIDIDX\0"; // nine bytes with the literal's own zero
constexpr int64_t magicBytes = 9;
constexpr int64_t headerBytes = magicBytes + 8 + 1 + 8 + 8;

static TokenType typeOfCode(int code, const std::string &name) {
  switch (code) {
  case 1:
    return TokenType::U8;
  case 3:
    return TokenType::I16;
  case 4:
    return TokenType::I32;
  case 5:
    return TokenType::I64;
  case 8:
    return TokenType::U16;
  default:
    throw UserError(name + ": token type code " + std::to_string(code) +
                    " at byte offset 17; expected 1 (uint8), 3 (int16), 4 "
                    "(int32), 5 (int64) or 8 (uint16)");
  }
}

bool isMegatronIndex(const MappedFile &file) {
  return file.size() >= magicBytes &&
         std::memcmp(file.data(), indexMagic, magicBytes) == 0;
}

TokenLayout readMegatron(const MappedFile &index,
                         std::shared_ptr<const MappedFile> data) {
  const std::string name = "'" + index.path() + "'";
  if (index.size() < headerBytes)
    throw UserError(name + " is truncated: its header takes " +
                    std::to_string(headerBytes) +
                    " bytes, the file ends at byte offset " +
                    std::to_string(index.size()));
  const uint64_t version = loadAt<uint64_t>(index, 9);
  if (version != 1)
    throw UserError(name + ": version " + std::to_string(version) +
                    " at byte offset 9, expected 1");
  const TokenType type = typeOfCode(index.data()[17], name);
  const uint64_t sequences = loadAt<uint64_t>(index, 18);
  const uint64_t documents = loadAt<uint64_t>(index, 26);

  // Per sequence an int32 length and an int64 pointer, and a mode byte where
  // the data are multimodal; per document an int64. Bounding the counts first
  // keeps the sum from overflowing.
  const uint64_t rest = index.size() - headerBytes;
  const bool possible = sequences <= rest / 12 && documents <= rest / 8;
  const uint64_t need = possible ? sequences * 12 + documents * 8 : 0;
  if (!possible || (rest != need && rest != need + sequences))
    throw UserError(name + ": the header claims " + std::to_string(sequences) +
                    " sequences and " + std::to_string(documents) +
                    " document bounds (byte offsets 18 and 26), which do not "
                    "fit the file's " +
                    std::to_string(index.size()) + " bytes");

  const int64_t lengths = headerBytes;
  const int64_t pointers = lengths + static_cast<int64_t>(sequences) * 4;
  const int64_t tokenBytes = tokenTypeSize(type);
  const int64_t capacity = data->size() / tokenBytes;
  int64_t total = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(sequences); ++i) {
    const int32_t length = loadAt<int32_t>(index, lengths + i * 4);
    const int64_t pointer = loadAt<int64_t>(index, pointers + i * 8);
    if (length < 0 || length > capacity - total)
      throw UserError(name + ": sequence " + std::to_string(i) + " claims " +
                      std::to_string(length) + " tokens (byte offset " +
                      std::to_string(lengths + i * 4) + "), but '" +
                      data->path() + "' has " +
                      std::to_string(capacity - total) + " left");
    if (pointer != total * tokenBytes)
      throw UserError(name + ": sequence " + std::to_string(i) +
                      " starts at byte " + std::to_string(pointer) + " of '" +
                      data->path() + "' (byte offset " +
                      std::to_string(pointers + i * 8) + "), expected " +
                      std::to_string(total * tokenBytes) +
                      ": only datasets whose sequences lie back to back are "
                      "read; build it again with Megatron's preprocess_data");
    total += length;
  }
  if (total == 0)
    throw UserError(name + " describes a dataset without tokens");
  if (total * tokenBytes != data->size())
    throw UserError("'" + data->path() + "' has " +
                    std::to_string(data->size()) + " bytes, but " + name +
                    " describes " + std::to_string(total) + " tokens of " +
                    std::to_string(tokenBytes) +
                    " bytes: the two files do not belong together");
  return {std::move(data), type, 0, total, "Megatron-LM indexed"};
}

} // namespace flmrt
