//===----------------------------------------------------------------------===//
// Ranges, schedule, scalars of a step. All computed in f64, rounded once.
//===----------------------------------------------------------------------===//
#include "runtime/train/Recipe.h"

#include "runtime/UserError.h"

#include <cmath>
#include <cstdio>

using namespace flmrt;

static void require(bool holds, const char *key, double value,
                    const char *expected) {
  if (holds)
    return;
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  throw UserError(std::string("recipe value '") + key + "' is " + text +
                  "; expected " + expected);
}

void Recipe::validate() const {
  // Written so that a NaN fails every test.
  require(steps >= 0, "steps", double(steps), "0 or more");
  require(warmup >= 0, "warmup", double(warmup), "0 or more steps");
  require(lr >= 0 && std::isfinite(lr), "lr", lr, "a rate of 0 or more");
  require(min_lr >= 0 && min_lr <= lr, "min_lr", min_lr,
          "a rate from 0 to 'lr'");
  require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "a factor in [0, 1)");
  require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "a factor in [0, 1)");
  require(eps >= 0 && std::isfinite(eps), "eps", eps, "0 or more");
  require(weight_decay >= 0 && std::isfinite(weight_decay), "weight_decay",
          weight_decay, "0 or more");
  require(clip >= 0 && std::isfinite(clip), "clip", clip, "0 or more");
  if (schedule != "cosine" && schedule != "constant")
    throw UserError("recipe value 'schedule' is '" + schedule +
                    "'; expected cosine or constant");
}

double flmrt::learningRate(const Recipe &recipe, int64_t step) {
  if (step < recipe.warmup)
    return recipe.lr * double(step) / double(recipe.warmup);
  if (recipe.schedule == "constant" || step == recipe.warmup)
    return recipe.lr;
  if (step >= recipe.steps)
    return recipe.min_lr;
  constexpr double pi = 3.14159265358979323846;
  double progress =
      double(step - recipe.warmup) / double(recipe.steps - recipe.warmup);
  return recipe.min_lr +
         (recipe.lr - recipe.min_lr) * 0.5 * (1.0 + std::cos(pi * progress));
}

Hyper flmrt::hyperAt(const Recipe &recipe, int64_t step) {
  double lr = learningRate(recipe, step);
  // As the step sees them: it forms 1 - beta from the float, and the bias
  // corrections must belong to the same beta (at 0.999 the two differ by 1e-5).
  double beta1 = static_cast<float>(recipe.beta1);
  double beta2 = static_cast<float>(recipe.beta2);
  double eps = recipe.eps;
  double weight_decay = recipe.weight_decay, clip = recipe.clip;
  double bias1 = 1.0 - std::pow(beta1, double(step));
  double bias2 = 1.0 - std::pow(beta2, double(step));
  return {
#define FLM_HYPER(name, doc) static_cast<float>(name),
#include "runtime/abi/Hyper.def"
  };
}
