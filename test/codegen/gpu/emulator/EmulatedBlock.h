//===----------------------------------------------------------------------===//
// Runs C++ functions as a kernel of one block on the emulator.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_CODEGEN_GPU_EMULATOR_EMULATEDBLOCK_H
#define FLM_TEST_CODEGEN_GPU_EMULATOR_EMULATEDBLOCK_H

#include "codegen/gpu/emulator/runtime/Emulator.h"
#include "codegen/gpu/emulator/runtime/Entries.h"
#include "codegen/gpu/reference/Bf16.h"
#include "codegen/gpu/reference/Random.h"

#include <gtest/gtest.h>

#include <functional>

namespace flm::emu {

using gpuref::Random;
using gpuref::toBF16;

/// `body(thread)` in each of `threads` threads, on ten schedules, with no
/// findings.
inline void runBlock(int threads, int sharedBytes,
                     std::function<void(int)> body) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Launch launch;
    launch.kernel = [](void **arguments) {
      (*static_cast<std::function<void(int)> *>(arguments[0]))(
          flm_emu_thread_index("test"));
    };
    launch.arguments = {&body};
    launch.threads = threads;
    launch.sharedBytes = sharedBytes;
    Result result = run(launch, Options::forSeed(seed));
    EXPECT_TRUE(result.finished);
    for (const Finding &finding : result.findings)
      ADD_FAILURE() << finding.where << ": " << finding.what;
  }
}

/// A matrix of small integers, which sums of products represent exactly.
inline std::vector<float> smallIntegers(int count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value = static_cast<float>(random.below(9) - 4);
  return values;
}

inline uint32_t packPair(float first, float second) {
  return toBF16(first) | static_cast<uint32_t>(toBF16(second)) << 16;
}

} // namespace flm::emu

#endif // FLM_TEST_CODEGEN_GPU_EMULATOR_EMULATEDBLOCK_H
