//===----------------------------------------------------------------------===//
// CRC-32 (the one of zlib, PNG and `python3 -c 'import zlib'`), to find
// damaged checkpoint files.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_CHECKPOINT_CRC32_H
#define FLM_RUNTIME_CHECKPOINT_CRC32_H

#include <cstddef>
#include <cstdint>

namespace flmrt {

/// The checksum of a stream, fed in pieces of any size.
class Crc32 {
public:
  void update(const void *data, size_t bytes);
  uint32_t value() const { return ~state; }

private:
  uint32_t state = ~uint32_t(0);
};

} // namespace flmrt

#endif // FLM_RUNTIME_CHECKPOINT_CRC32_H
