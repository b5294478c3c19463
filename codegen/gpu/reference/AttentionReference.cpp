//===----------------------------------------------------------------------===//
// Attention.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"

#include <cmath>

using namespace flm::gpuref;

/// One row of scores: softmax(scale * q K^T), and what it is for.
static std::vector<double> softmaxRow(const double *query,
                                      const std::vector<const double *> &keys,
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

static std::vector<Expected> computeForward(KernelTensors &tensors) {
  const nlohmann::json &problem = tensors.kernel().problem;
  bool causal = problem["causal"];
  double scale = problem["scale"];
  std::vector<double> q = tensors.tensor("q").values(),
                      k = tensors.tensor("k").values(),
                      v = tensors.tensor("v").values();
  const Sizes &shape = tensors.tensor("o").shape();
  int64_t batch = shape[0], seq = shape[1], heads = shape[2],
          headDim = shape[3], keyHeads = tensors.tensor("k").shape()[2];
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
        for (int64_t key = 0; key < (causal ? row + 1 : seq); ++key)
          keys.push_back(k.data() + keyOffset(key));
        double lse;
        std::vector<double> weights =
            softmaxRow(q.data() + begin, keys, headDim, scale, lse);
        // A few roundings of f32 numbers of this size.
        logSumExp.add(lse, f32Rounding * (1 + std::abs(lse)));
        for (int64_t i = 0; i < headDim; ++i) {
          double sum = 0, magnitude = 0;
          for (size_t key = 0; key < weights.size(); ++key) {
            double term =
                weights[key] * v[keyOffset(static_cast<int64_t>(key)) + i];
            sum += term;
            magnitude += std::abs(term);
          }
          output.values[begin + i] = sum;
          // The weights and the result are rounded to bf16; sums are f32.
          double bf16 = roundingOf(ElementType::BF16);
          double sumError = (bf16 + f32Rounding) * magnitude +
                            static_cast<double>(weights.size()) * flushed;
          output.bounds[begin + i] =
              sumError + bf16 * (std::abs(sum) + sumError);
        }
      }
  return {output, logSumExp};
}

std::vector<KernelReference> flm::gpuref::attentionReferences() {
  return {{"attention_forward", computeForward}};
}
