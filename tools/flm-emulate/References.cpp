//===----------------------------------------------------------------------===//
// Reference results and bounds of rounding.
//===----------------------------------------------------------------------===//
#include "tools/flm-emulate/References.h"

#include "mlir/IR/BuiltinTypes.h"

#include <cmath>

using namespace flm::gpu;

/// The unit roundoff: bf16 has 8 significant bits, f32 24.
static double roundingOf(mlir::Type type) {
  return type.isBF16() ? std::ldexp(1, -8) : std::ldexp(1, -24);
}

static std::vector<double> toDoubles(Tensor &tensor) {
  std::vector<double> values(tensor.size());
  for (int64_t i = 0; i < tensor.size(); ++i)
    values[i] = tensor.get(i);
  return values;
}

static Expected referenceGemm(GemmAttr gemm, KernelArguments &arguments) {
  std::vector<double> a = toDoubles(arguments.tensor("a")),
                      b = toDoubles(arguments.tensor("b"));
  Tensor &c = arguments.tensor("c");
  llvm::ArrayRef<int64_t> shapeA = arguments.tensor("a").shape();
  int64_t m = c.shape()[0], n = c.shape()[1];
  int64_t k = gemm.isTransposedA() ? shapeA[0] : shapeA[1];
  int64_t stepA = gemm.isTransposedA() ? m : 1;
  int64_t stepB = gemm.isTransposedB() ? n : 1;

  Expected expected;
  expected.tensor = "c";
  double outputRounding = roundingOf(gemm.getOutput());
  for (int64_t row = 0; row < m; ++row)
    for (int64_t column = 0; column < n; ++column) {
      const double *left = a.data() + (gemm.isTransposedA() ? row : row * k);
      const double *right =
          b.data() + (gemm.isTransposedB() ? column : column * k);
      double sum = 0, magnitude = 0;
      for (int64_t i = 0; i < k; ++i) {
        double term = left[i * stepA] * right[i * stepB];
        sum += term;
        magnitude += std::abs(term);
      }
      int64_t element = row * n + column;
      auto add = [&](double value) {
        sum += value;
        magnitude += std::abs(value);
      };
      if (gemm.getAccumulate())
        add(c.get(element));
      if (gemm.getEpilogue() == GemmEpilogue::AddResidual)
        add(arguments.tensor("residual").get(element));
      expected.values.push_back(sum);
      // f32 sums of k + 2 terms, then one rounding of the result.
      double sumError = (k + 2) * std::ldexp(1, -24) * magnitude;
      expected.bounds.push_back(sumError +
                                outputRounding * (std::abs(sum) + sumError));
    }
  return expected;
}

llvm::Expected<std::vector<Expected>>
flm::gpu::computeReference(mlir::Attribute kernel, KernelArguments &arguments) {
  std::vector<Expected> expected;
  if (auto gemm = mlir::dyn_cast_or_null<GemmAttr>(kernel)) {
    expected.push_back(referenceGemm(gemm, arguments));
    return expected;
  }
  if (!kernel)
    return expected;
  return llvm::createStringError(
      "no reference for this kernel; add one to References.cpp");
}
