//===----------------------------------------------------------------------===//
// The norms and their gradients against plain loops in double.
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
    NormProblem p = {c.rows, c.n, eps, type(c.kind), type(Kind::F32)};
    c.forward = buildRmsNorm(b, loc(), symbol(), p, target());
    c.gradX = buildRmsNormGradX(b, loc(), symbol(), p, target());
    c.partials = buildRmsNormGradGainPartials(b, loc(), symbol(), p, target());
    int64_t chunks = normChunks(c.rows);
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

    Buffer partials(normChunks(rows) * n), dgain(n);
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

namespace {

/// The kernels of layer_norm at one size.
struct LayerNormCase {
  int64_t rows, n;
  Kind kind;
  CpuKernel forward = {}, gradX = {}, gainPartials = {}, biasPartials = {},
            fold = {};

  std::string text() const {
    return "rows " + std::to_string(rows) + ", n " + std::to_string(n);
  }
};

/// Rows whose mean is far larger than their variance, and what is known of them
/// in double.
struct LayerNormRows {
  const LayerNormCase &c;
  int64_t rows = c.rows, n = c.n;
  Buffer x = Buffer::normal(rows * n, 1, c.kind);
  Buffer dy = Buffer::normal(rows * n, 2, c.kind);
  Buffer gain = Buffer::normal(n, 3), bias = Buffer::normal(n, 4);
  std::vector<double> normalized, rstd;
  double largest = 0; ///< magnitude in x
  const double f32 = epsilonOf(Kind::F32), stored = epsilonOf(c.kind);

  explicit LayerNormRows(const LayerNormCase &c)
      : c(c), normalized(rows * n), rstd(rows) {
    for (int64_t r = 0; r < rows; ++r) {
      double mean = 0, variance = 0;
      for (int64_t i = r * n; i < (r + 1) * n; ++i) {
        x.set(i, x[i] + 40);
        mean += x[i] / n;
        largest = std::max(largest, std::abs(x[i]));
      }
      for (int64_t i = r * n; i < (r + 1) * n; ++i)
        variance += (x[i] - mean) * (x[i] - mean) / n;
      rstd[r] = 1 / std::sqrt(variance + eps);
      for (int64_t i = r * n; i < (r + 1) * n; ++i)
        normalized[i] = (x[i] - mean) * rstd[r];
    }
  }

  double scaled(int64_t i) const { return gain[i % n] * dy[i]; }

  /// Of a normalised element: the mean is off by n roundings of the largest
  /// summand, rstd by n of the sum of squares.
  double error(int64_t i) const {
    return (n + 8) * f32 * (std::abs(normalized[i]) + largest * rstd[i / n]);
  }
};

void expectRightForward(NormTest &test, LayerNormRows &of) {
  Buffer y(of.x.size(), of.c.kind);
  test.run(of.c.forward, {&of.x, &of.gain, &of.bias, &y});
  auto forward = [&](int64_t i) {
    return of.normalized[i] * of.gain[i % of.n] + of.bias[i % of.n];
  };
  auto tolerance = [&](int64_t i) {
    return of.error(i) * std::abs(of.gain[i % of.n]) +
           (2 * of.f32 + of.stored) * std::abs(forward(i)) +
           of.f32 * std::abs(of.bias[i % of.n]);
  };
  expectNear(y, forward, tolerance, of.c.text() + ", forward");
  Buffer inPlace = of.x;
  test.run(of.c.forward, {&inPlace, &of.gain, &of.bias, &inPlace});
  EXPECT_TRUE(inPlace == y) << "in place of x differs";
}

void expectRightGradX(NormTest &test, LayerNormRows &of) {
  const int64_t n = of.n;
  std::vector<double> mean(of.rows, 0), slope(of.rows, 0), off(of.rows, 0);
  for (int64_t i = 0; i < of.x.size(); ++i) {
    mean[i / n] += of.scaled(i) / n;
    slope[i / n] += of.scaled(i) * of.normalized[i] / n;
    double relative = (n + 8) * of.f32 * (1 + std::abs(of.normalized[i]));
    off[i / n] += std::abs(of.scaled(i)) * (relative + of.error(i)) / n;
  }
  auto gradX = [&](int64_t i) {
    return of.rstd[i / n] *
           (of.scaled(i) - mean[i / n] - of.normalized[i] * slope[i / n]);
  };
  auto tolerance = [&](int64_t i) {
    double terms = std::abs(of.scaled(i)) + std::abs(mean[i / n]) +
                   std::abs(of.normalized[i] * slope[i / n]);
    return of.rstd[i / n] * ((n + 8) * of.f32 * terms +
                             (1 + std::abs(of.normalized[i])) * off[i / n] +
                             of.error(i) * std::abs(slope[i / n])) +
           of.stored * std::abs(gradX(i));
  };
  Buffer dx(of.x.size(), of.c.kind);
  test.run(of.c.gradX, {&of.dy, &of.x, &of.gain, &dx});
  expectNear(dx, gradX, tolerance, of.c.text() + ", grad x");
  Buffer inPlace = of.dy;
  test.run(of.c.gradX, {&inPlace, &of.x, &of.gain, &inPlace});
  EXPECT_TRUE(inPlace == dx) << "grad x in place of dy differs";
}

void expectRightSumsOverRows(NormTest &test, LayerNormRows &of) {
  const int64_t n = of.n;
  const double sumError = (of.rows + 2) * of.f32;
  std::vector<double> dgain(n, 0), dbias(n, 0), gainOff(n, 0), biasOff(n, 0);
  for (int64_t i = 0; i < of.x.size(); ++i) {
    dgain[i % n] += of.dy[i] * of.normalized[i];
    gainOff[i % n] += std::abs(of.dy[i]) *
                      (of.error(i) + sumError * std::abs(of.normalized[i]));
    dbias[i % n] += of.dy[i];
    biasOff[i % n] += sumError * std::abs(of.dy[i]);
  }
  Buffer partials(normChunks(of.rows) * n), sum(n);
  test.run(of.c.gainPartials, {&of.dy, &of.x, &partials});
  test.run(of.c.fold, {&partials, &sum});
  expectNear(
      sum, [&](int64_t j) { return dgain[j]; },
      [&](int64_t j) { return gainOff[j]; }, of.c.text() + ", grad gain");
  test.run(of.c.biasPartials, {&of.dy, &partials});
  test.run(of.c.fold, {&partials, &sum});
  expectNear(
      sum, [&](int64_t j) { return dbias[j]; },
      [&](int64_t j) { return biasOff[j]; }, of.c.text() + ", grad bias");
}

} // namespace

TEST_P(NormTest, LayerNormAgreesWithPlainLoops) {
  std::vector<LayerNormCase> cases;
  for (const Case &c : allSizes(kinds()))
    cases.push_back({c.rows, c.n, c.kind});
  mlir::OpBuilder b = builder();
  for (LayerNormCase &c : cases) {
    NormProblem p = {c.rows, c.n, eps, type(c.kind), type(Kind::F32)};
    c.forward = buildLayerNorm(b, loc(), symbol(), p, target());
    c.gradX = buildLayerNormGradX(b, loc(), symbol(), p, target());
    c.gainPartials =
        buildLayerNormGradGainPartials(b, loc(), symbol(), p, target());
    c.biasPartials = buildRowSumPartials(b, loc(), symbol(), c.rows, c.n,
                                         p.elementType, target());
    c.fold = buildFoldRows(b, loc(), symbol(), normChunks(c.rows), c.n, false,
                           target());
  }
  ASSERT_TRUE(compile());
  EXPECT_GT(cases.back().forward.tasks, 1);
  for (LayerNormCase &c : cases) {
    SCOPED_TRACE(c.text());
    LayerNormRows rows(c);
    expectRightForward(*this, rows);
    expectRightGradX(*this, rows);
    expectRightSumsOverRows(*this, rows);
  }
}
