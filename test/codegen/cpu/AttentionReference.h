//===----------------------------------------------------------------------===//
// Attention in plain double loops, with the error that f32 arithmetic may make.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_CODEGEN_CPU_ATTENTIONREFERENCE_H
#define FLM_TEST_CODEGEN_CPU_ATTENTIONREFERENCE_H

#include "codegen/cpu/Attention.h"

#include <vector>

namespace flm::cpu::test {

/// A value and how far an f32 computation of it may be off.
struct Expected {
  double value = 0;
  double tolerance = 0;
};

/// Inputs and results of one attention. Rows are [batch, seq, heads * headDim],
/// lse is [batch, heads, seq].
struct AttentionReference {
  /// Computes everything from the inputs. `unit` is the rounding error of the
  /// operands' type (2^-24 for f32).
  AttentionReference(const AttentionProblem &problem,
                     const std::vector<float> &q, const std::vector<float> &k,
                     const std::vector<float> &v,
                     const std::vector<float> &dOut, double unit);

  std::vector<Expected> out, lse, dQ, dK, dV;
};

} // namespace flm::cpu::test

#endif // FLM_TEST_CODEGEN_CPU_ATTENTIONREFERENCE_H
