//===----------------------------------------------------------------------===//
// bf16: the upper half of an f32.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_REFERENCE_BF16_H
#define FLM_CODEGEN_GPU_REFERENCE_BF16_H

#include <cstdint>
#include <cstring>

namespace flm::gpuref {

inline float fromBF16(uint16_t bits) {
  uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

/// To nearest, ties to even; NaN stays NaN.
inline uint16_t toBF16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return static_cast<uint16_t>(bits >> 16) | 0x40;
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

} // namespace flm::gpuref

#endif // FLM_CODEGEN_GPU_REFERENCE_BF16_H
