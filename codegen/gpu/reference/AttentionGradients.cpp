//===----------------------------------------------------------------------===//
// Attention, backward: row terms and gradients.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/AttentionScores.h"

using namespace flm::gpuref;

static constexpr double log2OfE = 1.4426950408889634;
/// The unit roundoffs (roundingOf).
static constexpr double bf16 = 0x1p-8, f32 = 0x1p-24;

std::vector<Expected> flm::gpuref::attentionRowTerms(KernelTensors &tensors) {
  Rows o(tensors.tensor("o")), gradient(tensors.tensor("do"));
  std::vector<double> lse = tensors.tensor("lse").values();
  int64_t seq = o.shape[1], heads = o.shape[2], headDim = o.shape[3];
  int64_t padded = tensors.tensor("delta").shape()[2];
  Expected delta{"delta", {}, {}}, lse2{"lse2", {}, {}};
  for (int64_t b = 0; b < o.shape[0]; ++b)
    for (int64_t head = 0; head < heads; ++head)
      for (int64_t row = 0; row < padded; ++row) {
        if (row >= seq) {
          delta.add(0, 0);
          lse2.add(INFINITY, 0);
          continue;
        }
        Sum sum;
        for (int64_t i = 0; i < headDim; ++i)
          sum.add(o.at(b, row, head)[i] * gradient.at(b, row, head)[i]);
        delta.add(sum.value,
                  static_cast<double>(headDim) * f32 * sum.magnitude);
        double value = lse[(b * heads + head) * seq + row] * log2OfE;
        // log2(e) and the product are rounded.
        lse2.add(value, 2 * f32 * std::abs(value) + flushed);
      }
  return {delta, lse2};
}

void flm::gpuref::prepareAttentionGradients(KernelTensors &tensors, Random &) {
  Scores scores(tensors);
  Rows v(tensors.tensor("v")), gradient(tensors.tensor("do"));
  Tensor &delta = tensors.tensor("delta"), &lse2 = tensors.tensor("lse2");
  int64_t padded = delta.shape()[2];
  for (int64_t i = 0; i < delta.size(); ++i) {
    delta.set(i, 0);
    lse2.set(i, INFINITY);
  }
  scores.forEachRow([&](int64_t b, int64_t head, int64_t row) {
    double lse;
    std::vector<double> weights = scores.weights(b, head, row, lse);
    // sum over i of do[i] * o[i], o[i] = sum over keys of weight * v[i].
    double sum = 0;
    for (size_t key = 0; key < weights.size(); ++key)
      sum += weights[key] * scores
                                .dot(gradient.at(b, row, head),
                                     v.at(b, static_cast<int64_t>(key),
                                          scores.keyHeadOf(head)))
                                .value;
    int64_t at = (b * scores.heads + head) * padded + row;
    delta.set(at, sum);
    lse2.set(at, lse * log2OfE);
  });
}

namespace {

/// A value that the kernel computes inexactly.
struct Inexact {
  double value, error;
};

/// The weight P and the gradient dS of one score, before they are rounded to
/// bf16.
struct ScoreGradient {
  Inexact weight, gradient;
};

/// Gradients that are summed over pairs of a query and a key.
struct GradientSums {
  GradientSums(std::string name, const Rows &like)
      : name(std::move(name)), sums(like.values.size()),
        errors(like.values.size()) {}

  /// row (+)= factor * vector, where the factor is rounded to bf16.
  void add(int64_t offset, const Inexact &factor, const double *vector,
           int64_t headDim) {
    double error =
        factor.error + bf16 * (std::abs(factor.value) + factor.error);
    for (int64_t i = 0; i < headDim; ++i) {
      sums[offset + i].add(factor.value * vector[i]);
      errors[offset + i] += error * std::abs(vector[i]);
    }
  }

  /// The results: `terms` terms per sum, times `scale`, rounded to bf16.
  Expected finish(double scale, int64_t terms) const {
    Expected expected{name, {}, {}};
    for (size_t i = 0; i < sums.size(); ++i) {
      double value = scale * sums[i].value;
      double magnitude = scale * (sums[i].magnitude + errors[i]);
      // One rounding per term, one of the product with the scale.
      double error = scale * errors[i] +
                     static_cast<double>(terms + 1) * f32 * magnitude + flushed;
      expected.add(value, error + bf16 * (std::abs(value) + error));
    }
    return expected;
  }

  std::string name;
  std::vector<Sum> sums;
  std::vector<double> errors;
};

} // namespace

/// P = exp2(score * log2(e) - lse2), dS = P * (do v^T - delta).
static ScoreGradient scoreGradient(const Sum &score, const Sum &weightGradient,
                                   double lse2, double delta, int64_t headDim) {
  auto terms = static_cast<double>(headDim);
  double exponent = score.value * log2OfE - lse2;
  // The score's sum, the rounded scale, the fma; then exp2 itself, which the
  // special function unit gives to 2^-22 (PTX ISA, "ex2").
  double exponentError =
      (terms + 2) * f32 * score.magnitude * log2OfE + f32 * std::abs(exponent);
  double weight = std::exp2(exponent);
  Inexact p{weight,
            weight * (std::expm1(exponentError / log2OfE) + 0x1p-22) + flushed};

  double difference = weightGradient.value - delta;
  double differenceError =
      terms * f32 * weightGradient.magnitude + f32 * std::abs(difference);
  double gradient = weight * difference;
  double gradientError = p.error * (std::abs(difference) + differenceError) +
                         weight * differenceError + f32 * std::abs(gradient) +
                         flushed;
  return {p, {gradient, gradientError}};
}

std::vector<Expected> flm::gpuref::attentionGradients(KernelTensors &tensors) {
  Scores scores(tensors);
  Rows v(tensors.tensor("v")), gradient(tensors.tensor("do"));
  std::vector<double> delta = tensors.tensor("delta").values(),
                      lse2 = tensors.tensor("lse2").values();
  int64_t padded = tensors.tensor("delta").shape()[2];
  int64_t headDim = scores.headDim;
  bool ofQueries = tensors.kernel().problem["gradient"] == "queries";
  GradientSums dq("dq", scores.q), dk("dk", scores.k), dv("dv", v);
  scores.forEachRow([&](int64_t b, int64_t head, int64_t row) {
    int64_t term = (b * scores.heads + head) * padded + row;
    int64_t keyHead = scores.keyHeadOf(head);
    const double *gradientRow = gradient.at(b, row, head);
    for (int64_t key = 0; key < scores.keysOf(row); ++key) {
      ScoreGradient terms =
          scoreGradient(scores.score(b, head, row, key),
                        scores.dot(gradientRow, v.at(b, key, keyHead)),
                        lse2[term], delta[term], headDim);
      int64_t keyOffset = scores.k.offset(b, key, keyHead);
      if (ofQueries) {
        dq.add(scores.q.offset(b, row, head), terms.gradient,
               scores.k.at(b, key, keyHead), headDim);
      } else {
        dk.add(keyOffset, terms.gradient, scores.q.at(b, row, head), headDim);
        dv.add(keyOffset, terms.weight, gradientRow, headDim);
      }
    }
  });
  if (ofQueries)
    return {dq.finish(scores.scale, scores.seq)};
  int64_t terms = scores.seq * (scores.heads / scores.keyHeads);
  return {dk.finish(scores.scale, terms), dv.finish(1, terms)};
}
