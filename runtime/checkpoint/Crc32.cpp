//===----------------------------------------------------------------------===//
// Slicing by eight: one table look-up per byte, eight of them independent, so
// that the checksum keeps up with the disk.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/Crc32.h"

#include <array>
#include <cstring>

using namespace flmrt;

namespace {
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables makeTables() {
  constexpr uint32_t reflectedPolynomial = 0xEDB88320;
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ (crc & 1 ? reflectedPolynomial : 0);
    tables[0][byte] = crc;
  }
  // tables[k][b]: the effect of byte b followed by k zero bytes.
  for (size_t k = 1; k < 8; ++k)
    for (uint32_t byte = 0; byte < 256; ++byte) {
      uint32_t previous = tables[k - 1][byte];
      tables[k][byte] = (previous >> 8) ^ tables[0][previous & 0xFF];
    }
  return tables;
}

constexpr Tables tables = makeTables();
} // namespace

void Crc32::update(const void *data, size_t bytes) {
  const auto *next = static_cast<const unsigned char *>(data);
  uint32_t crc = state;
  for (; bytes >= 8; bytes -= 8, next += 8) {
    uint32_t low, high;
    std::memcpy(&low, next, 4);
    std::memcpy(&high, next + 4, 4);
    low ^= crc;
    crc = tables[7][low & 0xFF] ^ tables[6][(low >> 8) & 0xFF] ^
          tables[5][(low >> 16) & 0xFF] ^ tables[4][low >> 24] ^
          tables[3][high & 0xFF] ^ tables[2][(high >> 8) & 0xFF] ^
          tables[1][(high >> 16) & 0xFF] ^ tables[0][high >> 24];
  }
  for (; bytes; --bytes, ++next)
    crc = (crc >> 8) ^ tables[0][(crc ^ *next) & 0xFF];
  state = crc;
}
