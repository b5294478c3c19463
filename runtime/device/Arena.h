//===----------------------------------------------------------------------===//
// One large block of memory that lives as long as the run.
//
// A training step never calls malloc: state, scratch and workspaces are each
// one arena, mapped once. Fresh pages read as zero, so nothing has to be
// cleared, and huge pages spare the page faults that cost hand-allocated steps
// up to half of their time.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DEVICE_ARENA_H
#define FLM_RUNTIME_DEVICE_ARENA_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace flmrt {

class Arena {
public:
  /// Every arena begins at a multiple of this many bytes.
  static constexpr size_t alignment = 64;

  Arena() = default;
  /// Maps `bytes` zeroed bytes, huge pages preferred. `purpose` names the
  /// arena in the UserError that is thrown when the memory cannot be had.
  Arena(int64_t bytes, const std::string &purpose);
  ~Arena();
  Arena(Arena &&other) noexcept;
  Arena &operator=(Arena &&other) noexcept;
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  std::byte *data() const { return begin; }
  int64_t size() const { return bytes; }

private:
  std::byte *begin = nullptr;
  int64_t bytes = 0;
  void *mapping = nullptr;
  size_t mappedBytes = 0;
};

/// `bytes` for people: "512 B", "1.5 KiB", "3.2 GiB".
std::string formatBytes(int64_t bytes);

} // namespace flmrt

#endif // FLM_RUNTIME_DEVICE_ARENA_H
