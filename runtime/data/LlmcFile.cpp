//===----------------------------------------------------------------------===//
// Reader of llm.c's token files.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "runtime/data/TokenLayout.h"

namespace flmrt {

bool isLlmcTokens(const MappedFile &file) {
  if (file.size() < 4)
    return false;
  int32_t magic = loadAt<int32_t>(file, 0);
  return magic == llmc::magic16 || magic == llmc::magic32;
}

TokenLayout readLlmc(std::shared_ptr<const MappedFile> file) {
  const std::string name = "'" + file->path() + "'";
  if (file->size() < llmc::headerBytes)
    throw UserError(name + " is truncated: its header takes " +
                    std::to_string(llmc::headerBytes) +
                    " bytes, the file ends at byte offset " +
                    std::to_string(file->size()) + "; write it again");

  const bool wide = loadAt<int32_t>(*file, 0) == llmc::magic32;
  const int32_t version = loadAt<int32_t>(*file, 4);
  const int32_t expected = wide ? llmc::version32 : llmc::version16;
  if (version != expected)
    throw UserError(name + ": version " + std::to_string(version) +
                    " at byte offset 4, expected " + std::to_string(expected) +
                    " after magic number " +
                    std::to_string(wide ? llmc::magic32 : llmc::magic16) +
                    "; write the file again with flm-data or llm.c's scripts");

  // llm.c counts in an int32 and leaves the rest of the header zero; the next
  // word carries the high half of a count that does not fit.
  const uint64_t claimed = loadAt<uint32_t>(*file, 8) |
                           static_cast<uint64_t>(loadAt<uint32_t>(*file, 12))
                               << 32;
  const uint64_t tokenBytes = wide ? 4 : 2;
  const uint64_t present = file->size() - llmc::headerBytes;
  if (claimed == 0)
    throw UserError(name + " holds no tokens (its count, at byte offset 8, is "
                           "0); encode a text that is not empty");
  if (claimed != present / tokenBytes || present % tokenBytes != 0)
    throw UserError(
        name + ": the header claims " + std::to_string(claimed) +
        " tokens of " + std::to_string(tokenBytes) +
        " bytes (count at byte offset 8), but after the header come " +
        std::to_string(present) + " bytes" +
        (present / tokenBytes < claimed ? ": the file is truncated"
                                        : ": more than that") +
        "; write it again");
  return {std::move(file), wide ? TokenType::U32 : TokenType::U16,
          llmc::headerBytes, static_cast<int64_t>(claimed),
          "llm.c version " + std::to_string(version)};
}

} // namespace flmrt
