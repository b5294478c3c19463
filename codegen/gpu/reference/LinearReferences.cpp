//===----------------------------------------------------------------------===//
// Matrix multiplication: the product, in one part or several, and what the
// epilogue makes of it.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"

#include <algorithm>
#include <cmath>

using namespace flm::gpuref;

namespace {

/// A number and how far that of a kernel may be from it.
struct Approximate {
  double value = 0, error = 0;

  /// After one more rounding.
  Approximate rounded(double unit) const {
    return {value, error + unit * (std::abs(value) + error)};
  }
};

/// A matrix of f32 sums.
struct Sums {
  int64_t rows = 0, columns = 0;
  std::vector<Approximate> elements;

  const Approximate &at(int64_t row, int64_t column) const {
    return elements[row * columns + column];
  }
};

} // namespace

/// Half an ulp of f32.
static constexpr double f32Unit = 0x1p-24;

static Approximate operator+(Approximate a, Approximate b) {
  return Approximate{a.value + b.value, a.error + b.error}.rounded(f32Unit);
}
static Approximate operator*(Approximate a, double b) {
  return Approximate{a.value * b, a.error * std::abs(b)}.rounded(f32Unit);
}
static Approximate operator*(Approximate a, Approximate b) {
  return Approximate{a.value * b.value, a.error * std::abs(b.value) +
                                            std::abs(a.value) * b.error +
                                            a.error * b.error}
      .rounded(f32Unit);
}

/// A * B over elements `first` to `last` (exclusive) of the inner dim.
static Sums multiply(KernelTensors &tensors, int64_t first, int64_t last) {
  const nlohmann::json &problem = tensors.kernel().problem;
  bool transposeA = problem["transpose_a"], transposeB = problem["transpose_b"];
  std::vector<double> a = tensors.tensor("a").values(),
                      b = tensors.tensor("b").values();
  const Sizes &shapeA = tensors.tensor("a").shape(),
              &shapeB = tensors.tensor("b").shape();
  int64_t m = shapeA[transposeA ? 1 : 0], k = shapeA[transposeA ? 0 : 1];
  int64_t n = shapeB[transposeB ? 1 : 0];
  int64_t stepA = transposeA ? m : 1;
  int64_t stepB = transposeB ? n : 1;
  Sums sums{m, n, {}};
  for (int64_t row = 0; row < m; ++row)
    for (int64_t column = 0; column < n; ++column) {
      const double *left = a.data() + (transposeA ? row : row * k);
      const double *right = b.data() + (transposeB ? column : column * k);
      double sum = 0, magnitude = 0;
      for (int64_t i = first; i < last; ++i) {
        double term = left[i * stepA] * right[i * stepB];
        sum += term;
        magnitude += std::abs(term);
      }
      // Products of bf16 are exact in f32; a rounding for each addition.
      auto additions = static_cast<double>(std::max<int64_t>(last - first, 0));
      sums.elements.push_back({sum, additions * f32Unit * magnitude});
    }
  return sums;
}

/// The element of an operand of the epilogue at [row, column] of C.
static Approximate operandAt(KernelTensors &tensors, const char *name,
                             int64_t row, int64_t column) {
  Tensor &tensor = tensors.tensor(name);
  int64_t rows = tensor.shape()[0], columns = tensor.shape()[1];
  return {tensor.get(row % rows * columns + column % columns), 0};
}

static Approximate silu(Approximate x) {
  double sigmoid = 1 / (1 + std::exp(-x.value));
  // The slope of silu is at most 1.1. ex2 and rcp are off by 2^-22; the
  // exponent of ex2 is rounded twice, in proportion to x.
  double relative = 0x1p-21 + 2 * f32Unit * std::abs(x.value) + 2 * f32Unit;
  double value = x.value * sigmoid;
  return Approximate{value,
                     1.1 * x.error + relative * std::abs(value) + flushed};
}

/// The element of C at [row, column], from A * B.
static Approximate finish(KernelTensors &tensors, const Sums &sums, int64_t row,
                          int64_t column) {
  const nlohmann::json &problem = tensors.kernel().problem;
  if (!problem.contains("epilogue"))
    return sums.at(row, column);
  const nlohmann::json &epilogue = problem["epilogue"];
  std::string name = epilogue["name"];
  if (name == "scale")
    return sums.at(row, column) * epilogue["factor"].get<double>();
  if (name == "add_residual")
    return sums.at(row, column) + operandAt(tensors, "residual", row, column);
  if (name == "swiglu") {
    int64_t step = epilogue["interleave"];
    int64_t gate = column / step * 2 * step + column % step;
    return silu(sums.at(row, gate)) * sums.at(row, gate + step);
  }
  // rope
  int64_t headDim = epilogue["head_dim"], half = headDim / 2;
  int64_t inHead = column % headDim;
  bool isFirst = inHead < half;
  int64_t other = isFirst ? column + half : column - half;
  Approximate cosine = operandAt(tensors, "rotation", row, inHead % half),
              sine = operandAt(tensors, "rotation", row, inHead % half + half);
  if (isFirst)
    sine.value = -sine.value;
  return sums.at(row, column) * cosine + sums.at(row, other) * sine;
}

/// C, and the sums where they are kept.
static std::vector<Expected> expectOutputs(KernelTensors &tensors,
                                           const Sums &sums) {
  Tensor &c = tensors.tensor("c");
  double outputUnit = roundingOf(c.description().type);
  Expected expected{"c", {}, {}};
  int64_t columns = c.shape()[1];
  for (int64_t row = 0; row < sums.rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      Approximate result = finish(tensors, sums, row, column);
      if (tensors.kernel().problem["accumulate"])
        result = result + Approximate{c.get(row * columns + column), 0};
      result = result.rounded(outputUnit);
      expected.add(result.value, result.error);
    }
  if (!tensors.has("sums"))
    return {expected};
  Expected kept{"sums", {}, {}};
  for (const Approximate &sum : sums.elements) {
    Approximate result = sum.rounded(outputUnit);
    kept.add(result.value, result.error);
  }
  return {expected, kept};
}

static std::vector<Expected> computeGemm(KernelTensors &tensors) {
  const Sizes &shapeA = tensors.tensor("a").shape();
  bool transposeA = tensors.kernel().problem["transpose_a"];
  return expectOutputs(tensors,
                       multiply(tensors, 0, shapeA[transposeA ? 0 : 1]));
}

/// Part s of the inner dim begins at step s * steps / splits.
static std::vector<Expected> computeSplit(KernelTensors &tensors) {
  const nlohmann::json &problem = tensors.kernel().problem;
  const Sizes &shapeA = tensors.tensor("a").shape();
  int64_t k = shapeA[problem["transpose_a"] ? 0 : 1], step = problem["step"];
  int64_t splits = tensors.tensor("partial").shape()[0];
  int64_t steps = (k + step - 1) / step;
  Expected expected{"partial", {}, {}};
  for (int64_t split = 0; split < splits; ++split)
    for (const Approximate &sum :
         multiply(tensors, split * steps / splits * step,
                  std::min((split + 1) * steps / splits * step, k))
             .elements)
      expected.add(sum.value, sum.error);
  return {expected};
}

static std::vector<Expected> computeFold(KernelTensors &tensors) {
  Tensor &partial = tensors.tensor("partial");
  const Sizes &shape = partial.shape();
  Sums sums{shape[1], shape[2], {}};
  int64_t elements = shape[1] * shape[2];
  for (int64_t i = 0; i < elements; ++i) {
    Approximate sum{partial.get(i), 0};
    for (int64_t split = 1; split < shape[0]; ++split)
      sum = sum + Approximate{partial.get(split * elements + i), 0};
    sums.elements.push_back(sum);
  }
  return expectOutputs(tensors, sums);
}

std::vector<KernelReference> flm::gpuref::linearReferences() {
  return {{"gemm", computeGemm},
          {"gemm_split", computeSplit},
          {"gemm_fold", computeFold}};
}
