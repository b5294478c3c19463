//===----------------------------------------------------------------------===//
// The norm of the gradients, clipping, AdamW.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"
#include "runtime/abi/Hyper.h"

#include <cmath>

using namespace flm::gpuref;
using flm::abi::Hyper;

/// The unit roundoff of f32, and of f64 with room for the order of a sum.
static constexpr double unit = 0x1p-24, wideUnit = 0x1p-52;

//===----------------------------------------------------------------------===//
// The values of a step
//===----------------------------------------------------------------------===//

static double readHyper(KernelTensors &tensors, Hyper which) {
  return tensors.tensor("hyper").get(static_cast<int64_t>(which));
}

/// The scalars of some step of a training run; `clip` is off, below or above a
/// norm of 10 in turn.
static void prepareHyper(KernelTensors &tensors, Random &random) {
  auto set = [&](Hyper which, double value) {
    tensors.tensor("hyper").set(static_cast<int64_t>(which), value);
  };
  int64_t step = 1 + random.below(100);
  set(Hyper::lr, 1e-4 * (1 + random.below(100)));
  set(Hyper::beta1, 0.9);
  set(Hyper::beta2, 0.95);
  set(Hyper::eps, 1e-8);
  set(Hyper::weight_decay, 0.1);
  const double clips[] = {0, 1, 1000};
  set(Hyper::clip, clips[random.below(3)]);
  set(Hyper::bias1, 1 - std::pow(0.9, step));
  set(Hyper::bias2, 1 - std::pow(0.95, step));
}

static void makePositive(Tensor &tensor) {
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.set(i, std::abs(tensor.get(i)));
}

//===----------------------------------------------------------------------===//
// The norm
//===----------------------------------------------------------------------===//

static std::vector<Expected> computeChunkSquares(KernelTensors &tensors) {
  Tensor &x = tensors.tensor("x");
  int64_t chunks = x.shape()[0], length = x.shape()[1];
  Expected sums{"sums", {}, {}};
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    double sum = 0;
    for (int64_t i = 0; i < length; ++i)
      sum += std::pow(x.get(chunk * length + i), 2);
    sums.add(sum, (unit + static_cast<double>(length) * wideUnit) * sum);
  }
  return {sums};
}

static std::vector<Expected> computeChunkTotal(KernelTensors &tensors) {
  std::vector<double> sums = tensors.tensor("sums").values();
  double total = 0;
  for (double sum : sums)
    total += sum;
  // The sums are squares: nothing cancels.
  double relative = unit + static_cast<double>(sums.size()) * wideUnit;
  if (!tensors.kernel().problem["clip"])
    return {{"total", {total}, {relative * total}}};
  // sqrt halves the error of the total, then rounds; the factor adds the
  // roundings of a sum and of a division.
  double norm = std::sqrt(total), normError = relative / 2 + unit;
  double clip = readHyper(tensors, Hyper::clip);
  double coef = clip > 0 ? std::min(1.0, clip / (norm + 1e-6)) : 1;
  return {{"norm", {norm}, {1.01 * normError * norm}},
          {"coef", {coef}, {1.01 * (normError + 2 * unit) * coef}}};
}

static void prepareChunkTotal(KernelTensors &tensors, Random &random) {
  makePositive(tensors.tensor("sums"));
  if (tensors.has("hyper"))
    prepareHyper(tensors, random);
}

//===----------------------------------------------------------------------===//
// AdamW
//===----------------------------------------------------------------------===//

namespace {
/// A number and how far what a kernel computes for it may be off.
struct Approximate {
  double value, error;
};
} // namespace

static Approximate operator+(Approximate a, Approximate b) {
  return {a.value + b.value, a.error + b.error};
}
static Approximate operator*(Approximate a, Approximate b) {
  return {a.value * b.value,
          std::abs(a.value) * b.error + std::abs(b.value) * a.error};
}
static Approximate operator/(Approximate a, Approximate b) {
  double value = a.value / b.value;
  return {value, (a.error + std::abs(value) * b.error) / std::abs(b.value)};
}
static Approximate root(Approximate a) {
  double value = std::sqrt(a.value);
  return {value, value > 0 ? a.error / (2 * value) : std::sqrt(a.error)};
}
static Approximate exact(double value) { return {value, 0}; }
/// Rounded to f32.
static Approximate rounded(Approximate a) {
  return {a.value, a.error + unit * std::abs(a.value)};
}

static std::vector<Expected> computeAdamW(KernelTensors &tensors) {
  const nlohmann::json &problem = tensors.kernel().problem;
  auto hyper = [&](Hyper which) { return readHyper(tensors, which); };
  auto factor = [&](const char *name, double value) {
    return rounded(exact(problem[name].get<double>() * value));
  };
  Approximate lr = factor("lr", hyper(Hyper::lr)),
              decay = factor("wd", hyper(Hyper::weight_decay)),
              eps = factor("eps", hyper(Hyper::eps)), one = exact(1),
              beta1 = exact(hyper(Hyper::beta1)),
              beta2 = exact(hyper(Hyper::beta2)),
              rest1 = rounded(exact(1 - hyper(Hyper::beta1))),
              rest2 = rounded(exact(1 - hyper(Hyper::beta2)));
  Approximate lost = rounded(lr * decay);
  Approximate kept = rounded(one + exact(-1) * lost);
  Approximate step = rounded(lr / exact(hyper(Hyper::bias1)));
  Approximate scale2 = rounded(one / rounded(root(exact(hyper(Hyper::bias2)))));
  Approximate coef = exact(tensors.tensor("coef").get(0));

  std::map<std::string, Expected> results;
  auto add = [&](const std::string &name, Approximate a) {
    Expected &expected = results[name];
    expected.tensor = name;
    double rounding = roundingOf(tensors.tensor(name).description().type);
    // f32 is what the formula computes; a bf16 copy is rounded once more. 1.01:
    // products of errors.
    double error = 1.01 * a.error;
    if (rounding > unit)
      error += rounding * (std::abs(a.value) + error);
    expected.add(a.value, error + flushed);
  };
  for (int64_t i = 0; i < tensors.tensor("p").size(); ++i) {
    auto at = [&](const char *name) {
      return exact(tensors.tensor(name).get(i));
    };
    Approximate g = rounded(at("g") * coef);
    Approximate m = rounded(rest1 * g + rounded(beta1 * at("m")));
    Approximate v = rounded(rounded(rest2 * g) * g + rounded(beta2 * at("v")));
    Approximate denominator = rounded(rounded(root(v)) * scale2 + eps);
    Approximate p = rounded(exact(-1) * step * rounded(m / denominator) +
                            rounded(kept * at("p")));
    add("m", m);
    add("v", v);
    add("p", p);
    if (tensors.has("weight"))
      add("weight", p);
  }
  std::vector<Expected> list;
  for (auto &[name, expected] : results)
    list.push_back(std::move(expected));
  return list;
}

static void prepareAdamW(KernelTensors &tensors, Random &random) {
  makePositive(tensors.tensor("v"));
  makePositive(tensors.tensor("coef"));
  prepareHyper(tensors, random);
}

std::vector<KernelReference> flm::gpuref::trainReferences() {
  return {{"chunk_squares", computeChunkSquares},
          {"chunk_total", computeChunkTotal, prepareChunkTotal},
          {"adamw", computeAdamW, prepareAdamW}};
}
