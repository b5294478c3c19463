//===----------------------------------------------------------------------===//
// Numbers that depend on a seed only (SplitMix64, Steele et al. 2014).
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_REFERENCE_RANDOM_H
#define FLM_CODEGEN_GPU_REFERENCE_RANDOM_H

#include <cstdint>

namespace flm::gpuref {

class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, bound).
  int64_t below(int64_t bound) {
    return static_cast<int64_t>(next() % static_cast<uint64_t>(bound));
  }
  /// True once in `n` times.
  bool oneIn(int64_t n) { return below(n) == 0; }

private:
  uint64_t state;
};

} // namespace flm::gpuref

#endif // FLM_CODEGEN_GPU_REFERENCE_RANDOM_H
