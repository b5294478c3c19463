//===----------------------------------------------------------------------===//
// The Feistel network behind the shuffled order.
//===----------------------------------------------------------------------===//
#include "runtime/data/WindowPermutation.h"

namespace flmrt {

constexpr uint64_t golden = 0x9e3779b97f4a7c15;

/// The finaliser of SplitMix64: every output bit depends on every input bit.
static uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

WindowPermutation::WindowPermutation(uint64_t size, uint64_t seed,
                                     uint64_t epoch)
    : size(size), halfBits(1) {
  while (size > uint64_t(1) << (2 * halfBits))
    ++halfBits;
  const uint64_t key = mix(mix(seed + golden) ^ (epoch + golden));
  for (int round = 0; round < rounds; ++round)
    keys[round] = mix(key + static_cast<uint64_t>(round + 1) * golden);
}

uint64_t WindowPermutation::encipher(uint64_t value) const {
  const uint64_t mask = (uint64_t(1) << halfBits) - 1;
  uint64_t left = value >> halfBits, right = value & mask;
  for (uint64_t key : keys) {
    const uint64_t next = left ^ (mix(right ^ key) & mask);
    left = right;
    right = next;
  }
  return left << halfBits | right;
}

uint64_t WindowPermutation::operator()(uint64_t index) const {
  // The network permutes a larger set; following the cycle of `index` until it
  // returns to the range permutes the range.
  do
    index = encipher(index);
  while (index >= size);
  return index;
}

} // namespace flmrt
