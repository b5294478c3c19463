//===----------------------------------------------------------------------===//
// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011): a random function from a counter and a key to 128 bits. No state,
// so any element of a random tensor can be computed alone.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_PHILOX_H
#define FLM_RUNTIME_TRAIN_PHILOX_H

#include <array>
#include <cstdint>
#include <string_view>

namespace flmrt {

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

inline PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key) {
  constexpr uint64_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
  constexpr uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    uint64_t product0 = multiplier0 * counter[0];
    uint64_t product1 = multiplier1 * counter[2];
    counter = {
        uint32_t(product1 >> 32) ^ counter[1] ^ key[0], uint32_t(product1),
        uint32_t(product0 >> 32) ^ counter[3] ^ key[1], uint32_t(product0)};
    key[0] += weyl0;
    key[1] += weyl1;
  }
  return counter;
}

/// A stream of random numbers for one named purpose under one seed: number
/// `index` is a pure function of (seed, name, index).
class RandomStream {
public:
  RandomStream(uint64_t seed, std::string_view name);

  /// Numbers 2*block and 2*block + 1, uniform over all 64-bit values.
  std::array<uint64_t, 2> pair(uint64_t block) const {
    PhiloxCounter bits = philox4x32({uint32_t(block), uint32_t(block >> 32),
                                     uint32_t(name), uint32_t(name >> 32)},
                                    {uint32_t(seed), uint32_t(seed >> 32)});
    return {uint64_t(bits[1]) << 32 | bits[0],
            uint64_t(bits[3]) << 32 | bits[2]};
  }

  /// Number `index` as a uniform value strictly between 0 and 1.
  double uniform(uint64_t index) const {
    return toUniform(pair(index / 2)[index % 2]);
  }

  static double toUniform(uint64_t bits) {
    return (double(bits >> 11) + 0.5) * 0x1p-53;
  }

private:
  uint64_t seed;
  uint64_t name;
};

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_PHILOX_H
