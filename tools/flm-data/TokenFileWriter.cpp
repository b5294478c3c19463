//===----------------------------------------------------------------------===//
// Writing token files.
//===----------------------------------------------------------------------===//
#include "tools/flm-data/TokenFileWriter.h"
#include "runtime/data/TokenLayout.h"

#include <array>
#include <stdexcept>

namespace flmrt {

template <typename T> static std::string_view bytesOf(const T &values) {
  return {reinterpret_cast<const char *>(values.data()),
          values.size() * sizeof(values[0])};
}

TokenFileWriter::TokenFileWriter(const std::string &path, bool wide)
    : file(path), is32(wide) {
  file.write(std::string(llmc::headerBytes, '\0'));
}

void TokenFileWriter::append(const std::vector<int32_t> &tokens) {
  count += static_cast<int64_t>(tokens.size());
  if (is32) {
    file.write(bytesOf(tokens));
    return;
  }
  std::vector<uint16_t> narrow;
  narrow.reserve(tokens.size());
  for (int32_t token : tokens) {
    if (token < 0 || token > UINT16_MAX)
      throw std::logic_error("token " + std::to_string(token) +
                             " does not fit the file's 16 bits");
    narrow.push_back(static_cast<uint16_t>(token));
  }
  file.write(bytesOf(narrow));
}

void TokenFileWriter::finish() {
  const std::array<int32_t, 4> header = {
      is32 ? llmc::magic32 : llmc::magic16,
      is32 ? llmc::version32 : llmc::version16,
      static_cast<int32_t>(count & 0xffffffff),
      static_cast<int32_t>(count >> 32)};
  file.rewrite(0, bytesOf(header));
  file.sync();
}

} // namespace flmrt
