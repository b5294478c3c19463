//===----------------------------------------------------------------------===//
// Derivatives from values alone, and how far a gradient is from them.
//===----------------------------------------------------------------------===//
#include "test/numerics/gradient/FiniteDifferences.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

using namespace flm;
using reference::Tensor;

double numerics::derivative(llvm::function_ref<double()> f, double &x) {
  double center = x, h = 1e-3 * std::max(1.0, std::fabs(x));
  auto difference = [&](double distance) {
    x = center + distance;
    double above = f();
    x = center - distance;
    double below = f();
    x = center;
    return above - below;
  };
  return (45 * difference(h) - 9 * difference(2 * h) + difference(3 * h)) /
         (60 * h);
}

std::vector<numerics::Derivative>
numerics::derivatives(llvm::function_ref<double()> f, Tensor &x,
                      int64_t samples, unsigned seed) {
  std::vector<int64_t> elements(x.size());
  std::iota(elements.begin(), elements.end(), 0);
  if (samples && samples < x.size()) {
    std::shuffle(elements.begin(), elements.end(), std::mt19937_64(seed));
    elements.resize(samples);
  }
  std::vector<Derivative> result;
  for (int64_t element : elements)
    result.push_back({element, derivative(f, x.data[element])});
  return result;
}

double numerics::gradientError(const Tensor &gradient,
                               llvm::ArrayRef<Derivative> expected) {
  double largest = 0;
  for (double element : gradient.data)
    largest = std::max(largest, std::fabs(element));
  double worst = 0;
  for (auto [element, value] : expected) {
    if (element >= gradient.size())
      return std::numeric_limits<double>::infinity();
    double got = gradient.data[element];
    double scale = std::max({std::fabs(value), std::fabs(got), 1e-4 * largest});
    double error = value == got ? 0 : std::fabs(value - got) / scale;
    if (!std::isfinite(error))
      return std::numeric_limits<double>::infinity();
    worst = std::max(worst, error);
  }
  return worst;
}
