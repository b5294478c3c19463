//===----------------------------------------------------------------------===//
// Specs drawn at random: what a user could write, and mostly nobody would.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_NUMERICS_RANDOM_RANDOMMODEL_H
#define FLM_TEST_NUMERICS_RANDOM_RANDOMMODEL_H

#include <cstdint>
#include <string>

namespace flm::numerics {

/// A model with its sizes and its recipe, the same for the same seed on every
/// machine: @m, @c and @r, without a plan, in f64.
///
/// The model is valid: every parameter has an influence on the loss. Its values
/// stay so small that finite differences of the loss are good.
struct RandomModel {
  explicit RandomModel(uint64_t seed);

  std::string spec;
  int64_t vocab = 0;
};

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_RANDOM_RANDOMMODEL_H
