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

/// One row of scores: softmax(scale * q K^T), and what it is for.
static std::vector<double> softmaxRow(const double *query,
                                      llvm::ArrayRef<const double *> keys,
                                      int64_t headDim, double scale,
                                      double &logSumExp) {
  std::vector<double> weights;
  double maximum = -INFINITY, sum = 0;
  for (const double *key : keys) {
    double score = 0;
    for (int64_t i = 0; i < headDim; ++i)
      score += query[i] * key[i];
    weights.push_back(scale * score);
    maximum = std::max(maximum, weights.back());
  }
  for (double &weight : weights)
    sum += weight = std::exp(weight - maximum);
  for (double &weight : weights)
    weight /= sum;
  logSumExp = maximum + std::log(sum);
  return weights;
}

static std::vector<Expected> referenceAttention(AttentionForwardAttr attention,
                                                KernelArguments &arguments) {
  std::vector<double> q = toDoubles(arguments.tensor("q")),
                      k = toDoubles(arguments.tensor("k")),
                      v = toDoubles(arguments.tensor("v"));
  llvm::ArrayRef<int64_t> shape = arguments.tensor("o").shape();
  int64_t batch = shape[0], seq = shape[1], heads = shape[2],
          headDim = shape[3], keyHeads = arguments.tensor("k").shape()[2];
  double scale = attention.getScale().getValueAsDouble();
  Expected output{"o", std::vector<double>(q.size()),
                  std::vector<double>(q.size())};
  Expected logSumExp{"lse", {}, {}};
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t head = 0; head < heads; ++head)
      for (int64_t row = 0; row < seq; ++row) {
        int64_t keyHead = head / (heads / keyHeads);
        auto keyOffset = [&](int64_t key) {
          return ((b * seq + key) * keyHeads + keyHead) * headDim;
        };
        int64_t begin = ((b * seq + row) * heads + head) * headDim;
        std::vector<const double *> keys;
        for (int64_t key = 0; key < (attention.getCausal() ? row + 1 : seq);
             ++key)
          keys.push_back(k.data() + keyOffset(key));
        double lse;
        std::vector<double> weights =
            softmaxRow(q.data() + begin, keys, headDim, scale, lse);
        logSumExp.values.push_back(lse);
        // A few roundings of f32 numbers of this size.
        logSumExp.bounds.push_back(std::ldexp(1, -20) * (1 + std::abs(lse)));
        for (int64_t i = 0; i < headDim; ++i) {
          double sum = 0, magnitude = 0;
          for (size_t key = 0; key < weights.size(); ++key) {
            double term = weights[key] * v[keyOffset(key) + i];
            sum += term;
            magnitude += std::abs(term);
          }
          output.values[begin + i] = sum;
          // The weights and the result are rounded to bf16; sums are f32;
          // weights below the smallest normal number are flushed to zero.
          double bf16 = std::ldexp(1, -8), f32 = std::ldexp(1, -20);
          double flushed = weights.size() * std::ldexp(1, -126);
          double sumError = (bf16 + f32) * magnitude + flushed;
          output.bounds[begin + i] =
              sumError + bf16 * (std::abs(sum) + sumError);
        }
      }
  return {output, logSumExp};
}

llvm::Expected<std::vector<Expected>>
flm::gpu::computeReference(mlir::Attribute kernel, KernelArguments &arguments) {
  std::vector<Expected> expected;
  if (auto gemm = mlir::dyn_cast_or_null<GemmAttr>(kernel)) {
    expected.push_back(referenceGemm(gemm, arguments));
    return expected;
  }
  if (auto attention = mlir::dyn_cast_or_null<AttentionForwardAttr>(kernel))
    return referenceAttention(attention, arguments);
  if (!kernel)
    return expected;
  return llvm::createStringError(
      "no reference for this kernel; add one to References.cpp");
}
