//===----------------------------------------------------------------------===//
// Which seeds a test of random models tries.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_NUMERICS_RANDOM_SEEDS_H
#define FLM_TEST_NUMERICS_RANDOM_SEEDS_H

#include "test/numerics/random/RandomModel.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace flm::numerics {

/// Calls `check` with the models of seeds 1, 2, ..., `count`. The environment
/// variable FLM_SEEDS overrides them: "200" is a count, "17:1" one seed from 17
/// on. Stops at the first model with a test failure. A failure and a crash show
/// the seed and the spec.
void forEachSeed(uint64_t count,
                 llvm::function_ref<void(const RandomModel &, uint64_t seed)>);

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_RANDOM_SEEDS_H
