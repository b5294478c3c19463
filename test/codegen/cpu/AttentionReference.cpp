//===----------------------------------------------------------------------===//
// Attention in plain double loops, with error bounds.
//
// Each rounding of f32 arithmetic is off by at most u = 2^-24 of its result.
// Taking roundings as independent with mean 0, a combination sum_i c_i e_i of
// them exceeds lambda sqrt(sum_i c_i^2) u with a probability below
// 2 exp(-lambda^2 / 2) (Hoeffding; Higham and Mary, A new approach to
// probabilistic rounding error analysis, SIAM J. Sci. Comput. 41, 2019). The
// code below follows the errors through the formulas to first order, carrying
// that sum of squares as a "variance"; lambda is 6: one element in 30 million
// may fail. Nothing here is fitted to what the kernels give.
//===----------------------------------------------------------------------===//
#include "test/codegen/cpu/AttentionReference.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

constexpr double u = 0x1p-24;
constexpr double lambda = 6;
/// Weights below this may become 0.
constexpr double underflow = std::numeric_limits<float>::min();

double square(double x) { return x * x; }

struct Uncertain {
  double value = 0;
  double variance = 0;

  /// One step of a sum in f32: the term, and the rounding of the partial sum.
  void add(double term, double termVariance = 0) {
    value += term;
    variance += termVariance + square(u * value);
  }
};

struct Results {
  std::vector<Uncertain> out, lse, dQ, dK, dV;
};

struct Head {
  const AttentionProblem &p;
  const std::vector<float> &q, &k, &v, &dOut;
  Results &result;
  double unit; ///< rounding error of the operands' type
  int64_t batch, head;

  int64_t at(int64_t row, int64_t d) const {
    return ((batch * p.seq + row) * p.heads + head) * p.headDim + d;
  }

  /// The dot product of two rows whose elements may have been rounded once.
  Uncertain dot(const std::vector<float> &a, int64_t i,
                const std::vector<float> &b, int64_t j) const {
    Uncertain sum;
    for (int64_t d = 0; d < p.headDim; ++d) {
      double term = double(a[at(i, d)]) * double(b[at(j, d)]);
      sum.add(term, square(u * term));
    }
    return sum;
  }

  void row(int64_t i) {
    const int64_t keys = p.causal ? i + 1 : p.seq;
    const double scale = 1 / std::sqrt(double(p.headDim));

    std::vector<Uncertain> score(keys);
    double maximum = -std::numeric_limits<double>::infinity();
    for (int64_t j = 0; j < keys; ++j) {
      score[j] = dot(q, i, k, j);
      score[j].value *= scale;
      score[j].variance *= square(scale);
      maximum = std::max(maximum, score[j].value);
    }
    std::vector<double> weight(keys);
    double sum = 0;
    for (int64_t j = 0; j < keys; ++j)
      sum += weight[j] = std::exp(score[j].value - maximum);
    for (double &w : weight)
      w /= sum;

    // Relative variances: of each exponential (its argument, and 2 units in the
    // last place = 4 u of its own), and of their sum.
    auto ofExp = [&](int64_t j, double subtracted) {
      return score[j].variance + square(u * score[j].value) +
             square(u * (score[j].value - subtracted)) + square(4 * u);
    };
    double sumVariance = keys * square(u);
    for (int64_t j = 0; j < keys; ++j)
      sumVariance += square(weight[j]) * ofExp(j, maximum);

    double lse = maximum + std::log(sum);
    result.lse[(batch * p.heads + head) * p.seq + i] = {
        lse, sumVariance + square(4 * u * std::log(sum)) +
                 square(2 * u * maximum) + square(u * lse)};

    // delta is made from `out` as the kernel is given it: rounded.
    Uncertain delta;
    for (int64_t d = 0; d < p.headDim; ++d) {
      Uncertain out;
      for (int64_t j = 0; j < keys; ++j)
        out.add(weight[j] * v[at(j, d)]);
      for (int64_t j = 0; j < keys; ++j)
        out.variance +=
            square(weight[j] * (v[at(j, d)] - out.value)) * ofExp(j, maximum) +
            square(underflow * v[at(j, d)]);
      out.variance += (keys + 16) * square(u * out.value);
      result.out[at(i, d)] = out;
      double term = dOut[at(i, d)] * out.value;
      delta.add(term, square(unit * term));
    }

    // The roundings of lse are common to the weights of a row.
    double lseError = 2 * u * std::abs(lse);
    std::vector<double> weightedKeys(p.headDim);
    for (int64_t j = 0; j < keys; ++j) {
      Uncertain dP = dot(dOut, i, v, j);
      double difference = dP.value - delta.value;
      double dS = weight[j] * difference;
      double weightVariance =
          square(weight[j]) * ofExp(j, lse) + square(underflow);
      double dSVariance = weightVariance * square(difference) +
                          square(weight[j]) * dP.variance + 2 * square(u * dS);
      double common =
          square(lseError * dS) + square(weight[j]) * delta.variance;
      for (int64_t d = 0; d < p.headDim; ++d) {
        double key = scale * k[at(j, d)], query = scale * q[at(i, d)];
        double gradient = dOut[at(i, d)];
        weightedKeys[d] += weight[j] * key;
        result.dQ[at(i, d)].add(dS * key, dSVariance * square(key));
        result.dK[at(j, d)].add(dS * query,
                                (dSVariance + common) * square(query) +
                                    square(u * dS * query));
        result.dV[at(j, d)].add(
            weight[j] * gradient,
            (weightVariance + square(lseError * weight[j])) * square(gradient));
      }
    }
    for (int64_t d = 0; d < p.headDim; ++d) {
      Uncertain &dQ = result.dQ[at(i, d)];
      dQ.variance += square(lseError * dQ.value) +
                     delta.variance * square(weightedKeys[d]);
    }
  }
};

/// `rounding`: of the value when it is stored, and of its last scaling.
std::vector<Expected> bounds(const std::vector<Uncertain> &values,
                             double rounding) {
  std::vector<Expected> expected;
  for (const Uncertain &x : values)
    expected.push_back(
        {x.value, lambda * std::sqrt(x.variance + 2 * square(u * x.value)) +
                      rounding * std::abs(x.value)});
  return expected;
}

} // namespace

AttentionReference::AttentionReference(const AttentionProblem &problem,
                                       const std::vector<float> &q,
                                       const std::vector<float> &k,
                                       const std::vector<float> &v,
                                       const std::vector<float> &dOut,
                                       double unit) {
  Results results;
  for (auto *rows : {&results.out, &results.dQ, &results.dK, &results.dV})
    rows->resize(q.size());
  results.lse.resize(problem.batch * problem.heads * problem.seq);
  for (int64_t b = 0; b < problem.batch; ++b)
    for (int64_t h = 0; h < problem.heads; ++h) {
      Head one{problem, q, k, v, dOut, results, unit, b, h};
      for (int64_t i = 0; i < problem.seq; ++i)
        one.row(i);
    }
  out = bounds(results.out, unit);
  lse = bounds(results.lse, u);
  dQ = bounds(results.dQ, unit);
  dK = bounds(results.dK, unit);
  dV = bounds(results.dV, unit);
}
