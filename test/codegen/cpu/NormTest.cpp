//===----------------------------------------------------------------------===//
// rms_norm and its gradients against plain loops in double.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Norm.h"
#include "test/codegen/cpu/RowsTest.h"

#include <cmath>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

class NormTest : public RowsTest {};
FLM_INSTANTIATE_ROWS_TEST(NormTest);

const double eps = 1e-5;

/// rstd of each row, in double.
std::vector<double> rstdOf(const Buffer &x, int64_t rows, int64_t n) {
  std::vector<double> result(rows);
  for (int64_t r = 0; r < rows; ++r) {
    double sum = 0;
    for (int64_t j = 0; j < n; ++j)
      sum += x[r * n + j] * x[r * n + j];
    result[r] = 1 / std::sqrt(sum / n + eps);
  }
  return result;
}

struct Case {
  int64_t rows, n;
  Kind kind;
  CpuKernel forward, gradX, partials, fold, accumulate;
};

std::vector<Case> allSizes(const std::vector<Kind> &kinds) {
  std::vector<Case> cases;
  for (Kind kind : kinds)
    for (int64_t rows : {1, 3, 37})
      for (int64_t n : {1, 5, 20, 48, 100, 257})
        if (kind == Kind::F32 || rows == 37)
          cases.push_back({rows, n, kind, {}, {}, {}, {}, {}});
  // More than one task of rows.
  cases.push_back({300, 257, Kind::F32, {}, {}, {}, {}, {}});
  return cases;
}

} // namespace

TEST_P(NormTest, AgreesWithPlainLoops) {
  std::vector<Case> cases = allSizes(kinds());
  mlir::OpBuilder b = builder();
  for (Case &c : cases) {
    RmsNormProblem p = {c.rows, c.n, eps, type(c.kind), type(Kind::F32)};
    c.forward = buildRmsNorm(b, loc(), symbol(), p, target());
    c.gradX = buildRmsNormGradX(b, loc(), symbol(), p, target());
    c.partials = buildRmsNormGradGainPartials(b, loc(), symbol(), p, target());
    int64_t chunks = rmsNormChunks(c.rows);
    c.fold = buildFoldRows(b, loc(), symbol(), chunks, c.n, false, target());
    c.accumulate =
        buildFoldRows(b, loc(), symbol(), chunks, c.n, true, target());
  }
  ASSERT_TRUE(compile());
  EXPECT_GT(cases.back().forward.tasks, 1);

  for (Case &c : cases) {
    const int64_t rows = c.rows, n = c.n;
    std::string what =
        "rows " + std::to_string(rows) + ", n " + std::to_string(n);
    SCOPED_TRACE(what);
    Buffer x = Buffer::normal(rows * n, 1, c.kind);
    Buffer dy = Buffer::normal(rows * n, 2, c.kind);
    Buffer gain = Buffer::normal(n, 3);
    std::vector<double> rstd = rstdOf(x, rows, n);
    // A sum of n terms in some order is off by at most n roundings of the sum
    // of magnitudes; a few more for the rest of the formula, one for storing.
    const double f32 = epsilonOf(Kind::F32), stored = epsilonOf(c.kind);
    const double relative = (n + 8) * f32 + stored;

    Buffer y(rows * n, c.kind);
    run(c.forward, {&x, &gain, &y});
    auto forward = [&](int64_t i) { return x[i] * rstd[i / n] * gain[i % n]; };
    expectNear(
        y, forward, [&](int64_t i) { return relative * std::abs(forward(i)); },
        what + ", forward");

    std::vector<double> mean(rows, 0), magnitude(rows, 0);
    for (int64_t i = 0; i < rows * n; ++i) {
      mean[i / n] += gain[i % n] * dy[i] * x[i] / n;
      magnitude[i / n] += std::abs(gain[i % n] * dy[i] * x[i]) / n;
    }
    auto gradX = [&](int64_t i) {
      double s = rstd[i / n];
      return s * (gain[i % n] * dy[i] - x[i] * s * s * mean[i / n]);
    };
    auto gradXTolerance = [&](int64_t i) {
      double s = rstd[i / n];
      return relative * s *
             (std::abs(gain[i % n] * dy[i]) +
              3 * std::abs(x[i]) * s * s * magnitude[i / n]);
    };
    Buffer dx(rows * n, c.kind);
    run(c.gradX, {&dy, &x, &gain, &dx});
    expectNear(dx, gradX, gradXTolerance, what + ", grad x");
    Buffer inPlace = dy;
    run(c.gradX, {&inPlace, &x, &gain, &inPlace});
    EXPECT_TRUE(inPlace == dx) << "grad x in place of dy differs";

    Buffer partials(rmsNormChunks(rows) * n), dgain(n);
    run(c.partials, {&dy, &x, &partials});
    run(c.fold, {&partials, &dgain});
    std::vector<double> sum(n, 0), sumOfMagnitudes(n, 0);
    for (int64_t i = 0; i < rows * n; ++i) {
      sum[i % n] += dy[i] * x[i] * rstd[i / n];
      sumOfMagnitudes[i % n] += std::abs(dy[i] * x[i] * rstd[i / n]);
    }
    auto gainTolerance = [&](int64_t j) {
      return (rows + n + 8) * f32 * sumOfMagnitudes[j];
    };
    expectNear(
        dgain, [&](int64_t j) { return sum[j]; }, gainTolerance,
        what + ", grad gain");

    Buffer old = Buffer::normal(n, 4), accumulated = old;
    run(c.accumulate, {&partials, &accumulated});
    expectNear(
        accumulated, [&](int64_t j) { return old[j] + sum[j]; },
        [&](int64_t j) {
          return gainTolerance(j) +
                 (rows + 1) * f32 * (std::abs(old[j]) + sumOfMagnitudes[j]);
        },
        what + ", grad gain accumulated");
  }
}
