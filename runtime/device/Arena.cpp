//===----------------------------------------------------------------------===//
// Anonymous mappings with transparent huge pages.
//===----------------------------------------------------------------------===//
#include "runtime/device/Arena.h"

#include "runtime/UserError.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <utility>

using namespace flmrt;

static constexpr size_t hugePage = size_t(2) << 20;

std::string flmrt::formatBytes(int64_t bytes) {
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  for (; value >= 1024 && unit < 5; ++unit)
    value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value,
                units[unit]);
  return text;
}

Arena::Arena(int64_t bytes, const std::string &purpose) : bytes(bytes) {
  if (bytes < 0 || static_cast<uint64_t>(bytes) > SIZE_MAX - hugePage)
    throw UserError("cannot map " + std::to_string(bytes) + " bytes for the " +
                    purpose + ": not a size of memory");
  if (bytes == 0)
    return;
  // One huge page more than asked for, so that the arena can begin on a huge
  // page boundary; without it the first and last 2 MiB stay small pages.
  mappedBytes = static_cast<size_t>(bytes) + hugePage;
  mapping = mmap(nullptr, mappedBytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    int cause = errno;
    mapping = nullptr;
    throw UserError("cannot get " + formatBytes(bytes) + " (" +
                    std::to_string(bytes) + " bytes) of memory for the " +
                    purpose + ": " + std::strerror(cause) +
                    "; free memory, or compile a smaller config or batch");
  }
  auto address = reinterpret_cast<uintptr_t>(mapping);
  uintptr_t aligned = (address + hugePage - 1) & ~(hugePage - 1);
  begin = reinterpret_cast<std::byte *>(aligned);
  // Only a hint: kernels without huge pages run as well, only slower.
  madvise(begin, static_cast<size_t>(bytes), MADV_HUGEPAGE);
}

Arena::~Arena() {
  if (mapping)
    munmap(mapping, mappedBytes);
}

Arena::Arena(Arena &&other) noexcept
    : begin(std::exchange(other.begin, nullptr)),
      bytes(std::exchange(other.bytes, 0)),
      mapping(std::exchange(other.mapping, nullptr)),
      mappedBytes(std::exchange(other.mappedBytes, 0)) {}

Arena &Arena::operator=(Arena &&other) noexcept {
  std::swap(begin, other.begin);
  std::swap(bytes, other.bytes);
  std::swap(mapping, other.mapping);
  std::swap(mappedBytes, other.mappedBytes);
  return *this;
}
