//===----------------------------------------------------------------------===//
// Calls of compiled programs whose device is the host. Apart from HostDevice,
// so that a binary with another device takes that one's calls instead.
//===----------------------------------------------------------------------===//
#include "runtime/abi/Program.h"

#include <algorithm>
#include <cstring>

extern "C" void flm_copy(void *to, const void *from, int64_t bytes) {
  if (bytes)
    std::memcpy(to, from, static_cast<size_t>(bytes));
}

extern "C" void flm_fill(void *to, uint32_t word, int64_t bytes) {
  std::fill_n(static_cast<uint32_t *>(to), bytes / 4, word);
  if (bytes % 4)
    std::memcpy(static_cast<char *>(to) + bytes / 4 * 4, &word,
                static_cast<size_t>(bytes % 4));
}
