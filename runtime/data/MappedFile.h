//===----------------------------------------------------------------------===//
// A whole file mapped read-only.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DATA_MAPPEDFILE_H
#define FLM_RUNTIME_DATA_MAPPEDFILE_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace flmrt {

class MappedFile {
public:
  /// Throws UserError if `path` cannot be opened or is not a regular file. An
  /// empty file maps to an empty view.
  static std::shared_ptr<const MappedFile> open(const std::string &path);

  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  const unsigned char *data() const { return begin; }
  int64_t size() const { return length; }
  const std::string &path() const { return name; }
  std::string_view text() const {
    return {reinterpret_cast<const char *>(begin), static_cast<size_t>(length)};
  }

private:
  MappedFile() = default;

  const unsigned char *begin = nullptr;
  int64_t length = 0;
  std::string name;
};

} // namespace flmrt

#endif // FLM_RUNTIME_DATA_MAPPEDFILE_H
