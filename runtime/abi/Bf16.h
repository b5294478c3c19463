//===----------------------------------------------------------------------===//
// bf16, the upper half of an f32: the one place that rounds to it bit by bit,
// for the runtime, the references of GPU kernels, and their emulator.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_ABI_BF16_H
#define FLM_RUNTIME_ABI_BF16_H

#include <cstdint>
#include <cstring>

namespace flm::abi {

/// The f32 of the same value.
inline float widenBf16(uint16_t bits) {
  uint32_t wide = uint32_t(bits) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

/// The nearest bf16, ties to even. A NaN stays one.
inline uint16_t roundToBf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  if (value != value)
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

} // namespace flm::abi

#endif // FLM_RUNTIME_ABI_BF16_H
