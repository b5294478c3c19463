//===----------------------------------------------------------------------===//
// A whole file mapped read-only.
//
// Somebody may cut the file short while it is read. Where it lies in the map,
// that ends the process with a message and status 1 (the system sends SIGBUS);
// readAt() throws instead.
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

  /// Called before the process ends because a mapped file was cut short: to
  /// remove what is half-written. Async-signal-safe.
  static void onTruncation(void (*cleanUp)());

  /// Copies `count` bytes from `offset` on, which must lie within size().
  /// Throws UserError if they cannot be read any more.
  void readAt(int64_t offset, void *out, int64_t count) const;

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
  friend struct OpenMaps;

  int descriptor = -1;
  MappedFile *next = nullptr; ///< of all that are mapped
  const unsigned char *begin = nullptr;
  int64_t length = 0;
  std::string name;
};

} // namespace flmrt

#endif // FLM_RUNTIME_DATA_MAPPEDFILE_H
