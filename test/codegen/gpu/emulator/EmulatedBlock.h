//===----------------------------------------------------------------------===//
// Runs C++ functions as a kernel on the emulator.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_CODEGEN_GPU_EMULATOR_EMULATEDBLOCK_H
#define FLM_TEST_CODEGEN_GPU_EMULATOR_EMULATEDBLOCK_H

#include "codegen/gpu/emulator/runtime/Emulator.h"
#include "codegen/gpu/emulator/runtime/Entries.h"
#include "codegen/gpu/reference/Random.h"
#include "runtime/abi/Bf16.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace flm::emu {

using flm::abi::roundToBf16;
using gpuref::Random;

/// One launch of `body(thread)`. Threads per block, unless said otherwise; one
/// block.
inline Launch launchOf(int threads, int sharedBytes = 0) {
  Launch launch;
  launch.threads = threads;
  launch.sharedBytes = sharedBytes;
  return launch;
}

/// "where: what" of what is found with `body(thread)` in each thread, on ten
/// schedules. A deadlock is a finding.
inline std::set<std::string> findingsOf(Launch launch,
                                        std::function<void(int)> body) {
  std::set<std::string> found;
  launch.kernel = [](void **arguments) {
    (*static_cast<std::function<void(int)> *>(arguments[0]))(
        flm_emu_thread_index("test"));
  };
  launch.arguments = {&body};
  for (uint64_t seed = 0; seed < 10; ++seed)
    for (const Finding &finding : run(launch, Options::forSeed(seed)).findings)
      found.insert(finding.where + ": " + finding.what);
  return found;
}

/// `body(thread)` in each of `threads` threads of a block, with no findings.
inline void runBlock(int threads, int sharedBytes,
                     std::function<void(int)> body) {
  EXPECT_THAT(findingsOf(launchOf(threads, sharedBytes), std::move(body)),
              testing::IsEmpty());
}

/// That one of the findings says `text`.
inline auto hasFinding(const std::string &text) {
  return testing::Contains(testing::HasSubstr(text));
}

/// Byte `offset` of the block's shared memory.
inline char *sharedByte(int64_t offset) {
  return static_cast<char *>(flm_emu_shared_base()) + offset;
}

/// A matrix of small integers, which sums of products represent exactly.
inline std::vector<float> smallIntegers(int count, uint64_t seed) {
  gpuref::Random random(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value = static_cast<float>(random.below(9) - 4);
  return values;
}

inline uint32_t packPair(float first, float second) {
  return roundToBf16(first) | static_cast<uint32_t>(roundToBf16(second)) << 16;
}

} // namespace flm::emu

#endif // FLM_TEST_CODEGEN_GPU_EMULATOR_EMULATEDBLOCK_H
