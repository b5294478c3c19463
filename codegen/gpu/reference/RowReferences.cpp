//===----------------------------------------------------------------------===//
// Kernels that work on the rows of a matrix.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"

#include <cmath>

using namespace flm::gpuref;

static std::vector<Expected> computeRmsNorm(KernelTensors &tensors) {
  const nlohmann::json &problem = tensors.kernel().problem;
  std::vector<double> x = tensors.tensor("x").values(),
                      gain = tensors.tensor("gain").values();
  auto columns = static_cast<int64_t>(gain.size());
  int64_t rows = tensors.tensor("x").shape()[0];
  double rounding = roundingOf(tensors.tensor("x").description().type);
  std::vector<Expected> result;
  if (problem["residual"]) {
    Expected sum{"sum", {}, {}};
    Tensor rounded(tensors.tensor("sum").description(),
                   tensors.tensor("sum").shape());
    for (int64_t i = 0; i < rows * columns; ++i) {
      double exact = x[i] + tensors.tensor("residual").get(i);
      sum.add(exact, (rounding + f32Rounding) * std::abs(exact) + flushed);
      // As the kernel goes on: rounded, in the type of the tensor.
      rounded.set(i, exact);
      x[i] = rounded.get(i);
    }
    result.push_back(sum);
  }
  Expected y{"y", {}, {}}, inverse{"inverse_rms", {}, {}};
  for (int64_t row = 0; row < rows; ++row) {
    double squares = 0;
    for (int64_t i = 0; i < columns; ++i)
      squares += x[row * columns + i] * x[row * columns + i];
    double mean = squares / static_cast<double>(columns);
    double scale = 1 / std::sqrt(mean + problem["eps"].get<double>());
    inverse.add(scale, f32Rounding * scale);
    for (int64_t i = 0; i < columns; ++i) {
      double value = x[row * columns + i] * scale * gain[i];
      y.add(value, (rounding + 2 * f32Rounding) * std::abs(value) + flushed);
    }
  }
  result.push_back(y);
  result.push_back(inverse);
  return result;
}

std::vector<KernelReference> flm::gpuref::rowReferences() {
  return {{"rms_norm", computeRmsNorm}};
}
