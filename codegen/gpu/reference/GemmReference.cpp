//===----------------------------------------------------------------------===//
// Matrix multiplication.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"

#include <cmath>

using namespace flm::gpuref;

static std::vector<Expected> computeGemm(KernelTensors &tensors) {
  const nlohmann::json &problem = tensors.kernel().problem;
  bool transposeA = problem["transpose_a"], transposeB = problem["transpose_b"];
  bool accumulate = problem["accumulate"];
  std::vector<double> a = tensors.tensor("a").values(),
                      b = tensors.tensor("b").values();
  Tensor &c = tensors.tensor("c");
  const Sizes &shapeA = tensors.tensor("a").shape();
  int64_t m = c.shape()[0], n = c.shape()[1];
  int64_t k = transposeA ? shapeA[0] : shapeA[1];
  int64_t stepA = transposeA ? m : 1;
  int64_t stepB = transposeB ? n : 1;

  Expected expected{"c", {}, {}};
  double outputRounding = roundingOf(c.description().type);
  for (int64_t row = 0; row < m; ++row)
    for (int64_t column = 0; column < n; ++column) {
      const double *left = a.data() + (transposeA ? row : row * k);
      const double *right = b.data() + (transposeB ? column : column * k);
      double sum = 0, magnitude = 0;
      auto add = [&](double value) {
        sum += value;
        magnitude += std::abs(value);
      };
      for (int64_t i = 0; i < k; ++i)
        add(left[i * stepA] * right[i * stepB]);
      int64_t element = row * n + column;
      if (accumulate)
        add(c.get(element));
      if (problem["epilogue"] == "add_residual")
        add(tensors.tensor("residual").get(element));
      // f32 sums of k + 2 terms, then one rounding of the result.
      double sumError =
          static_cast<double>(k + 2) * roundingOf(ElementType::F32) * magnitude;
      expected.add(sum, sumError + outputRounding * (std::abs(sum) + sumError));
    }
  return {expected};
}

std::vector<KernelReference> flm::gpuref::gemmReferences() {
  return {{"gemm", computeGemm}};
}
