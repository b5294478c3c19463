//===----------------------------------------------------------------------===//
// A pseudo-random order of 0 … size-1 that is computed, not stored.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DATA_WINDOWPERMUTATION_H
#define FLM_RUNTIME_DATA_WINDOWPERMUTATION_H

#include <array>
#include <cstdint>

namespace flmrt {

/// The permutation of [0, size) that belongs to (seed, epoch): a balanced
/// Feistel network over the next power of four, walked until it falls within
/// the range again (Black and Rogaway, "Ciphers with arbitrary finite domains",
/// CT-RSA 2002). Constant memory, expected constant time.
///
/// The order is part of what a checkpoint promises: changing it would make a
/// resumed run see other data, so a test pins it.
class WindowPermutation {
public:
  /// `size` is at least 1 and at most 2^62.
  WindowPermutation(uint64_t size, uint64_t seed, uint64_t epoch);

  /// The image of `index`, which is below `size`.
  uint64_t operator()(uint64_t index) const;

private:
  static constexpr int rounds = 8;

  uint64_t encipher(uint64_t value) const;

  uint64_t size;
  int halfBits;
  std::array<uint64_t, rounds> keys;
};

} // namespace flmrt

#endif // FLM_RUNTIME_DATA_WINDOWPERMUTATION_H
