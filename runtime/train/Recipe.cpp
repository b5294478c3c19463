//===----------------------------------------------------------------------===//
// Ranges, schedule, scalars of a step. All computed in f64, rounded once.
//===----------------------------------------------------------------------===//
#include "runtime/train/Recipe.h"

#include "runtime/UserError.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace flmrt;
using flm::abi::RecipeKey;

[[noreturn]] static void refuse(const std::string &key,
                                const std::string &value,
                                const std::string &expected) {
  throw UserError("recipe value '" + key + "' is " + value + "; expected " +
                  expected);
}

static std::string textOf(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

static void check(const RecipeKey &key, double value) {
  if (!key.holds(value))
    refuse(key.name, textOf(value), key.expected());
}
static void check(const RecipeKey &key, const std::string &value) {
  std::vector<std::string> words = flm::abi::split(key.choices, '|');
  if (std::find(words.begin(), words.end(), value) == words.end())
    refuse(key.name, "'" + value + "'", key.expected());
}
static void check(const RecipeKey &, const std::vector<std::string> &) {}

void Recipe::validate() const {
  flm::abi::forEachKey(*this, [](const RecipeKey &key, const auto &value) {
    check(key, value);
  });
  if (min_lr > lr)
    refuse("min_lr", textOf(min_lr), "a rate from 0 to 'lr'");
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
