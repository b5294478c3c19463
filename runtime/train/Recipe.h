//===----------------------------------------------------------------------===//
// The training hyper-parameters that the runtime uses, and the learning-rate
// schedule that they describe.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_RECIPE_H
#define FLM_RUNTIME_TRAIN_RECIPE_H

#include "runtime/abi/Hyper.h"
#include "runtime/abi/Recipe.h"

#include <array>

namespace flmrt {

struct Recipe : flm::abi::Recipe {
  /// Throws UserError if a value is outside its range.
  void validate() const;
};

/// The scalars of a step, by their position.
using Hyper = std::array<float, flm::abi::hyperCount>;

/// The learning rate of optimizer step `step`, counting from 1, as in
/// Megatron-LM: lr * step/warmup up to `warmup`, then
/// min_lr + (lr - min_lr) * (1 + cos(pi * (step-warmup) / (steps-warmup))) / 2,
/// then min_lr. `constant` stays at lr after the warm-up.
double learningRate(const Recipe &recipe, int64_t step);

/// What flm_train_step gets at optimizer step `step`, counting from 1.
Hyper hyperAt(const Recipe &recipe, int64_t step);

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_RECIPE_H
