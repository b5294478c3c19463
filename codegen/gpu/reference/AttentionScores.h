//===----------------------------------------------------------------------===//
// The scores of attention in f64: what its references share.
//
// Bounds: inputs are bf16, so products of two are exact in f32; a sum of n
// terms in f32, in any order, is off by n roundings of their magnitude; weights
// P and gradients of scores dS are rounded to bf16 before the second products,
// and results to their type.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_REFERENCE_ATTENTIONSCORES_H
#define FLM_CODEGEN_GPU_REFERENCE_ATTENTIONSCORES_H

#include "codegen/gpu/reference/References.h"

#include <cmath>

namespace flm::gpuref {

/// A sum and the sum of its terms' magnitudes.
struct Sum {
  double value = 0, magnitude = 0;

  void add(double term) {
    value += term;
    magnitude += std::abs(term);
  }
};

/// Rows of [batch, seq, heads, head_dim].
struct Rows {
  explicit Rows(const Tensor &tensor)
      : shape(tensor.shape()), values(tensor.values()) {}

  int64_t offset(int64_t batch, int64_t row, int64_t head) const {
    return ((batch * shape[1] + row) * shape[2] + head) * shape[3];
  }
  const double *at(int64_t batch, int64_t row, int64_t head) const {
    return values.data() + offset(batch, row, head);
  }

  Sizes shape;
  std::vector<double> values;
};

/// The queries and keys of a kernel, and who sees whom.
struct Scores {
  explicit Scores(KernelTensors &tensors)
      : q(tensors.tensor("q")), k(tensors.tensor("k")),
        causal(tensors.kernel().problem["causal"]),
        scale(tensors.kernel().problem["scale"]), batch(q.shape[0]),
        seq(q.shape[1]), heads(q.shape[2]), keyHeads(k.shape[2]),
        headDim(q.shape[3]) {}

  int64_t keyHeadOf(int64_t head) const { return head / (heads / keyHeads); }
  /// The keys that a query sees: all before this one.
  int64_t keysOf(int64_t query) const { return causal ? query + 1 : seq; }
  Sum dot(const double *a, const double *b) const {
    Sum sum;
    for (int64_t i = 0; i < headDim; ++i)
      sum.add(a[i] * b[i]);
    return sum;
  }
  /// scale * q k^T.
  Sum score(int64_t b, int64_t head, int64_t query, int64_t key) const {
    Sum sum = dot(q.at(b, query, head), k.at(b, key, keyHeadOf(head)));
    return {scale * sum.value, scale * sum.magnitude};
  }
  /// softmax over the keys of a query.
  std::vector<double> weights(int64_t b, int64_t head, int64_t query,
                              double &logSumExp) const;
  template <typename Visit> void forEachRow(Visit visit) const {
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t head = 0; head < heads; ++head)
        for (int64_t query = 0; query < seq; ++query)
          visit(b, head, query);
  }

  Rows q, k;
  bool causal;
  double scale;
  int64_t batch, seq, heads, keyHeads, headDim;
};

// What attentionReferences lists.
std::vector<Expected> attentionRowTerms(KernelTensors &tensors);
std::vector<Expected> attentionGradients(KernelTensors &tensors);
/// Makes delta and lse2 those that belong to q, k, v and do, as the forward
/// kernel and attention_row_terms would write them.
void prepareAttentionGradients(KernelTensors &tensors, Random &);

} // namespace flm::gpuref

#endif // FLM_CODEGEN_GPU_REFERENCE_ATTENTIONSCORES_H
