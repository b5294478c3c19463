//===----------------------------------------------------------------------===//
// Attention: scores, and forward.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/AttentionScores.h"

#include <algorithm>

using namespace flm::gpuref;

std::vector<double> Scores::weights(int64_t b, int64_t head, int64_t query,
                                    double &logSumExp) const {
  std::vector<double> weights;
  double maximum = -INFINITY, sum = 0;
  for (int64_t key = 0; key < keysOf(query); ++key) {
    weights.push_back(score(b, head, query, key).value);
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
  double bf16 = roundingOf(ElementType::BF16);
  Scores scores(tensors);
  Rows v(tensors.tensor("v"));
  std::vector<double> empty(scores.q.values.size());
  Expected output{"o", empty, empty};
  Expected logSumExp{"lse", {}, {}};
  scores.forEachRow([&](int64_t b, int64_t head, int64_t row) {
    double lse;
    std::vector<double> weights = scores.weights(b, head, row, lse);
    // A few roundings of f32 numbers of this size.
    logSumExp.add(lse, f32Rounding * (1 + std::abs(lse)));
    int64_t begin = scores.q.offset(b, row, head);
    for (int64_t i = 0; i < scores.headDim; ++i) {
      Sum sum;
      for (size_t key = 0; key < weights.size(); ++key)
        sum.add(weights[key] *
                v.at(b, static_cast<int64_t>(key), scores.keyHeadOf(head))[i]);
      double sumError = (bf16 + f32Rounding) * sum.magnitude +
                        static_cast<double>(weights.size()) * flushed;
      output.values[begin + i] = sum.value;
      output.bounds[begin + i] =
          sumError + bf16 * (std::abs(sum.value) + sumError);
    }
  });
  return {output, logSumExp};
}

/// Heads of queries share heads of keys in groups of one size.
static std::string checkHeads(KernelTensors &tensors) {
  int64_t heads = tensors.tensor("q").shape()[2],
          keyHeads = tensors.tensor("k").shape()[2];
  if (keyHeads > 0 && heads % keyHeads == 0)
    return {};
  return std::to_string(heads) + " heads share " + std::to_string(keyHeads) +
         " key heads; expected a multiple of the key heads";
}

std::vector<KernelReference> flm::gpuref::attentionReferences() {
  return {{"attention_forward", computeForward, nullptr, checkHeads},
          {"attention_row_terms", attentionRowTerms},
          {"attention_backward", attentionGradients, prepareAttentionGradients,
           checkHeads}};
}
