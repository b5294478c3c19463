//===----------------------------------------------------------------------===//
// The training hyper-parameters that the runtime uses, and the learning-rate
// schedule that they describe.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_RECIPE_H
#define FLM_RUNTIME_TRAIN_RECIPE_H

#include <array>
#include <cstdint>
#include <string>

namespace flmrt {

struct Recipe {
#define FLM_RECIPE(key, type, fallback, unit, doc) type key = fallback;
#include "runtime/train/Recipe.def"

  /// Throws UserError if a value is outside its range.
  void validate() const;
};

/// Number of scalars in Hyper.def.
constexpr int hyperCount = 0
#define FLM_HYPER(name, doc) +1
#include "runtime/abi/Hyper.def"
    ;

/// The scalars of Hyper.def, in its order.
using Hyper = std::array<float, hyperCount>;

/// The learning rate of optimizer step `step`, counting from 1, as in
/// Megatron-LM: lr * step/warmup up to `warmup`, then
/// min_lr + (lr - min_lr) * (1 + cos(pi * (step-warmup) / (steps-warmup))) / 2,
/// then min_lr. `constant` stays at lr after the warm-up.
double learningRate(const Recipe &recipe, int64_t step);

/// What flm_train_step gets at optimizer step `step`, counting from 1.
Hyper hyperAt(const Recipe &recipe, int64_t step);

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_RECIPE_H
