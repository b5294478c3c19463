//===----------------------------------------------------------------------===//
// Kernels that work on the rows of a matrix.
//
// Bounds: an f32 operation is off by a relative 2^-24, written u; a sum of n
// numbers, in any order, by n * u times the sum of their magnitudes; an
// approximate function by less than 8 * u (PTX ISA).
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"

#include <cmath>

using namespace flm::gpuref;

static const double u = roundingOf(ElementType::F32);

/// The bound of a result that is rounded once more, to the tensor's type.
static double roundedBound(const Tensor &tensor, double value, double error) {
  double rounding = roundingOf(tensor.description().type);
  return error + rounding * (std::abs(value) + error) + flushed;
}

namespace {

/// 1 / sqrt(mean of the squares + eps) of a row, and its relative error: half
/// that of the sum of squares, and a few operations.
struct InverseRms {
  InverseRms(const double *row, int64_t columns, double eps)
      : relativeError((static_cast<double>(columns) / 2 + 16) * u) {
    double squares = 0;
    for (int64_t i = 0; i < columns; ++i)
      squares += row[i] * row[i];
    value = 1 / std::sqrt(squares / static_cast<double>(columns) + eps);
  }
  double value, relativeError;
};

} // namespace

static std::vector<Expected> computeRmsNorm(KernelTensors &tensors) {
  const nlohmann::json &problem = tensors.kernel().problem;
  std::vector<double> x = tensors.tensor("x").values(),
                      gain = tensors.tensor("gain").values();
  auto columns = static_cast<int64_t>(gain.size());
  int64_t rows = tensors.tensor("x").shape()[0];
  std::vector<Expected> result;
  if (problem["residual"]) {
    Expected sum{"sum", {}, {}};
    Tensor rounded(tensors.tensor("sum").description(),
                   tensors.tensor("sum").shape());
    for (int64_t i = 0; i < rows * columns; ++i) {
      double exact = x[i] + tensors.tensor("residual").get(i);
      sum.add(exact, roundedBound(rounded, exact, u * std::abs(exact)));
      // As the kernel goes on: rounded, in the type of the tensor.
      rounded.set(i, exact);
      x[i] = rounded.get(i);
    }
    result.push_back(sum);
  }
  Expected y{"y", {}, {}}, inverse{"inverse_rms", {}, {}};
  for (int64_t row = 0; row < rows; ++row) {
    const double *values = x.data() + row * columns;
    InverseRms scale(values, columns, problem["eps"]);
    inverse.add(scale.value, scale.relativeError * scale.value);
    for (int64_t i = 0; i < columns; ++i) {
      double value = values[i] * scale.value * gain[i];
      double error = (scale.relativeError + 2 * u) * std::abs(value);
      y.add(value, roundedBound(tensors.tensor("y"), value, error));
    }
  }
  result.push_back(y);
  if (problem["save"])
    result.push_back(inverse);
  return result;
}

static std::vector<Expected> computeRmsNormBackward(KernelTensors &tensors) {
  const nlohmann::json &problem = tensors.kernel().problem;
  std::vector<double> x = tensors.tensor("x").values(),
                      dy = tensors.tensor("dy").values(),
                      gain = tensors.tensor("gain").values();
  auto columns = static_cast<int64_t>(gain.size());
  int64_t rows = tensors.tensor("x").shape()[0];
  const Tensor &parts = tensors.tensor("d_gain_parts");
  int64_t partCount = parts.shape()[0];
  double rowsOfPart =
      std::ceil(static_cast<double>(rows) / static_cast<double>(partCount));
  auto n = static_cast<double>(columns);
  Expected dx{"dx", {}, {}};
  Expected gainParts{"d_gain_parts", std::vector<double>(parts.size()),
                     std::vector<double>(parts.size(), flushed)};
  for (int64_t row = 0; row < rows; ++row) {
    const double *xs = x.data() + row * columns,
                 *dys = dy.data() + row * columns;
    InverseRms scale(xs, columns, problem["eps"]);
    double s = scale.value, mean = 0, meanMagnitude = 0;
    for (int64_t i = 0; i < columns; ++i) {
      mean += gain[i] * dys[i] * xs[i] / n;
      meanMagnitude += std::abs(gain[i] * dys[i] * xs[i]) / n;
    }
    for (int64_t i = 0; i < columns; ++i) {
      double value = s * (gain[i] * dys[i] - xs[i] * s * s * mean);
      // The mean is off by (n + 2) * u of its magnitudes, s^3 by thrice s.
      double magnitude = s * (std::abs(gain[i] * dys[i]) +
                              std::abs(xs[i]) * s * s * meanMagnitude);
      double error = ((n + 16) * u + 3 * scale.relativeError) * magnitude;
      if (problem["residual"]) {
        double other = tensors.tensor("d_sum").get(row * columns + i);
        value += other;
        error += u * (std::abs(other) + magnitude);
      }
      dx.add(value, roundedBound(tensors.tensor("dx"), value, error));
      // Every partCount-th row belongs to the same part.
      int64_t element = row % partCount * columns + i;
      double term = dys[i] * xs[i] * s;
      gainParts.values[element] += term;
      gainParts.bounds[element] +=
          ((rowsOfPart + 2) * u + scale.relativeError) * std::abs(term);
    }
  }
  return {dx, gainParts};
}

static std::vector<Expected> computeColumnSum(KernelTensors &tensors) {
  std::vector<double> x = tensors.tensor("x").values();
  const Tensor &sum = tensors.tensor("sum");
  int64_t columns = sum.size(), rows = tensors.tensor("x").shape()[0];
  bool accumulate = tensors.kernel().problem["accumulate"];
  Expected expected{"sum", {}, {}};
  for (int64_t column = 0; column < columns; ++column) {
    double total = accumulate ? sum.get(column) : 0;
    double magnitude = std::abs(total);
    for (int64_t row = 0; row < rows; ++row) {
      total += x[row * columns + column];
      magnitude += std::abs(x[row * columns + column]);
    }
    expected.add(total, static_cast<double>(rows + 1) * u * magnitude);
  }
  return {expected};
}

/// Every third row is so small that eps is most of what is under the root.
static void prepareRmsNorm(KernelTensors &tensors, Random &) {
  std::vector<std::string> names = {"x"};
  if (tensors.kernel().problem["kind"] == "rms_norm" &&
      tensors.kernel().problem["residual"])
    names.push_back("residual");
  for (const std::string &name : names) {
    Tensor &rows = tensors.tensor(name);
    int64_t columns = rows.shape()[1];
    for (int64_t i = 0; i < rows.size(); ++i)
      if (i / columns % 3 == 2)
        rows.set(i, rows.get(i) / 1024);
  }
}

std::vector<KernelReference> flm::gpuref::normReferences() {
  return {{"column_sum", computeColumnSum},
          {"rms_norm", computeRmsNorm, prepareRmsNorm},
          {"rms_norm_backward", computeRmsNormBackward, prepareRmsNorm}};
}
