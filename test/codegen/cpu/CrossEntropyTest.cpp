//===----------------------------------------------------------------------===//
// The cross entropy and its gradient against plain loops in double.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/CrossEntropy.h"
#include "test/codegen/cpu/RowsTest.h"

#include <cmath>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

class CrossEntropyTest : public RowsTest {};
FLM_INSTANTIATE_ROWS_TEST(CrossEntropyTest);

struct Case {
  int64_t rows, vocab, padded;
  Kind kind;
  CpuKernel reduceMax, sumExp, pick, nll, fused, gradient;
};

} // namespace

TEST_P(CrossEntropyTest, AgreesWithPlainLoops) {
  std::vector<Case> cases;
  for (Kind kind : kinds()) {
    for (int64_t vocab : {1, 5, 20, 48, 100, 257})
      for (int64_t rows : {1, 3, 37})
        if (rows == 3 || vocab == 100)
          cases.push_back(
              {rows, vocab, vocab + 7, kind, {}, {}, {}, {}, {}, {}});
    cases.push_back({3, 48, 48, kind, {}, {}, {}, {}, {}, {}});
    cases.push_back({3, 100, 160, kind, {}, {}, {}, {}, {}, {}});
    cases.push_back({37, 5003, 5120, kind, {}, {}, {}, {}, {}, {}});
  }
  mlir::OpBuilder b = builder();
  for (Case &c : cases) {
    CrossEntropyProblem p = {c.rows, c.vocab, c.padded, type(c.kind)};
    c.reduceMax = buildReduceMax(b, loc(), symbol(), p, target());
    c.sumExp = buildSumExp(b, loc(), symbol(), p, target());
    c.pick = buildPick(b, loc(), symbol(), p, target());
    c.nll = buildNll(b, loc(), symbol(), c.rows, target());
    c.fused = buildCrossEntropy(b, loc(), symbol(), p, target());
    c.gradient = buildCrossEntropyGrad(b, loc(), symbol(), p, target());
  }
  ASSERT_TRUE(compile());
  EXPECT_GT(cases.back().gradient.tasks, 1);

  for (Case &c : cases) {
    std::string what = "rows " + std::to_string(c.rows) + ", vocab " +
                       std::to_string(c.vocab) + "/" + std::to_string(c.padded);
    SCOPED_TRACE(what);
    const int64_t rows = c.rows, vocab = c.vocab, padded = c.padded;
    Buffer logits = Buffer::normal(rows * padded, 1, c.kind, 3);
    // Padding must not be read: neither the largest nor NaN may matter.
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t j = vocab; j < padded; ++j)
        logits.set(r * padded + j, j % 2 ? 1e30 : INFINITY);
    Buffer targets = Buffer::tokens(rows, 2, vocab);
    targets.set(0, vocab - 1);
    Buffer seed = Buffer::of({0.375});

    std::vector<double> max(rows, -INFINITY), sum(rows, 0), loss(rows);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t j = 0; j < vocab; ++j)
        max[r] = std::fmax(max[r], logits[r * padded + j]);
      for (int64_t j = 0; j < vocab; ++j)
        sum[r] += std::exp(logits[r * padded + j] - max[r]);
      loss[r] =
          std::log(sum[r]) + max[r] - logits[r * padded + int64_t(targets[r])];
    }
    const double f32 = epsilonOf(Kind::F32);
    // exp of a difference d: 1 unit in the last place, and d's own rounding.
    const double expError = (2 + 24) * f32;
    const double sumError = expError + (vocab + 1) * f32;
    auto exact = [](int64_t) { return 0.0; };
    auto lossTolerance = [&](int64_t r) {
      return sumError + 4 * f32 *
                            (std::abs(std::log(sum[r])) + std::abs(max[r]) +
                             std::abs(loss[r]));
    };

    Buffer m(rows), se(rows), p(rows), nll(rows);
    run(c.reduceMax, {&logits, &m});
    expectNear(m, [&](int64_t r) { return max[r]; }, exact, what + ", max");
    run(c.sumExp, {&logits, &m, &se});
    expectNear(
        se, [&](int64_t r) { return sum[r]; },
        [&](int64_t r) { return sumError * sum[r]; }, what + ", sum");
    run(c.pick, {&logits, &targets, &p});
    expectNear(
        p, [&](int64_t r) { return logits[r * padded + int64_t(targets[r])]; },
        exact, what + ", pick");
    run(c.nll, {&se, &m, &p, &nll});
    expectNear(
        nll, [&](int64_t r) { return loss[r]; }, lossTolerance,
        what + ", loss");

    Buffer fusedMax(rows), fusedSum(rows), fusedLoss(rows);
    run(c.fused, {&logits, &targets, &fusedMax, &fusedSum, &fusedLoss});
    EXPECT_TRUE(fusedMax == m && fusedSum == se) << "fused differs";
    expectNear(
        fusedLoss, [&](int64_t r) { return loss[r]; }, lossTolerance,
        what + ", fused loss");

    Buffer grad(rows * padded, c.kind);
    run(c.gradient, {&logits, &m, &se, &targets, &seed, &grad});
    auto probability = [&](int64_t i) {
      return std::exp(logits[i] - max[i / padded]) / sum[i / padded];
    };
    auto wanted = [&](int64_t i) {
      if (i % padded >= vocab)
        return 0.0;
      double hot = targets[i / padded] == i % padded ? 1 : 0;
      return (probability(i) - hot) * 0.375;
    };
    expectNear(
        grad, wanted,
        [&](int64_t i) {
          if (i % padded >= vocab)
            return 0.0;
          double hot = targets[i / padded] == i % padded ? 1 : 0;
          return 0.375 * ((sumError + expError + 4 * f32) * probability(i) +
                          f32 * hot) +
                 epsilonOf(c.kind) * std::abs(wanted(i));
        },
        what + ", gradient");
    Buffer inPlace = logits;
    run(c.gradient, {&inPlace, &m, &se, &targets, &seed, &inPlace});
    EXPECT_TRUE(inPlace == grad) << "in place differs";
  }
}

// A run that diverges must show it: NaN in, NaN out.
TEST_P(CrossEntropyTest, PassesNanOn) {
  CrossEntropyProblem p = {2, 50, 64, type(Kind::F32)};
  mlir::OpBuilder b = builder();
  CpuKernel fused = buildCrossEntropy(b, loc(), symbol(), p, target());
  ASSERT_TRUE(compile());
  Buffer logits = Buffer::normal(2 * 64, 1), targets = Buffer::tokens(2, 2, 50);
  // NaN after the largest in the same lane, whatever the vector width is.
  logits.set(64 + 1, 100);
  logits.set(64 + 17, NAN);
  logits.set(64 + 33, NAN);
  Buffer max(2), sum(2), loss(2);
  run(fused, {&logits, &targets, &max, &sum, &loss});
  EXPECT_TRUE(std::isfinite(loss[0]));
  EXPECT_TRUE(std::isnan(loss[1]));
  EXPECT_EQ(max[1], 100);
}

// The vocabulary over several ranks: padding is minus infinity on the last ones
// (one may have nothing else), and a target is -1 on all ranks but one. What
// the ranks find must combine to the cross entropy of the whole rows.
TEST_P(CrossEntropyTest, SplitsTheVocabulary) {
  const int64_t rows = 5, columns = 37, ranks = 3, padded = ranks * columns;
  const std::vector<int64_t> valids = {2 * columns - 3, 2 * columns,
                                       3 * columns - 20, 3 * columns};
  mlir::OpBuilder b = builder();
  auto part = [&](int64_t vocab) {
    return CrossEntropyProblem{rows, vocab, columns, type(Kind::F32)};
  };
  CpuKernel max = buildReduceMax(b, loc(), symbol(), part(columns), target());
  CpuKernel sum = buildSumExp(b, loc(), symbol(), part(columns), target());
  CpuKernel pick = buildPick(b, loc(), symbol(), part(columns), target());
  CpuKernel gradient =
      buildCrossEntropyGrad(b, loc(), symbol(), part(columns), target());
  std::vector<CpuKernel> masks, wholes, wholeGradients;
  for (int64_t valid : valids) {
    CrossEntropyProblem whole = {rows, valid, padded, type(Kind::F32)};
    masks.push_back(
        buildMaskPadding(b, loc(), symbol(), part(valid), target()));
    wholes.push_back(buildCrossEntropy(b, loc(), symbol(), whole, target()));
    wholeGradients.push_back(
        buildCrossEntropyGrad(b, loc(), symbol(), whole, target()));
  }
  ASSERT_TRUE(compile());

  for (size_t v = 0; v < valids.size(); ++v) {
    const int64_t valid = valids[v];
    SCOPED_TRACE("valid " + std::to_string(valid));
    Buffer logits = Buffer::normal(rows * padded, 1);
    Buffer targets = Buffer::tokens(rows, 2, valid), seed = Buffer::of({0.5});
    targets.set(0, 0);
    targets.set(1, valid - 1);
    Buffer wholeMax(rows), wholeSum(rows), loss(rows);
    Buffer wholeGrad(rows * padded);
    run(wholes[v], {&logits, &targets, &wholeMax, &wholeSum, &loss});
    run(wholeGradients[v],
        {&logits, &wholeMax, &wholeSum, &targets, &seed, &wholeGrad});

    std::vector<double> largest(rows, -INFINITY), total(rows, 0),
        picked(rows, 0);
    std::vector<Buffer> parts, tokens;
    for (int64_t rank = 0; rank < ranks; ++rank) {
      parts.emplace_back(rows * columns);
      tokens.emplace_back(rows, Kind::I32);
      Buffer &x = parts.back();
      for (int64_t i = 0; i < rows * columns; ++i)
        x.set(i, logits[i / columns * padded + rank * columns + i % columns]);
      for (int64_t r = 0; r < rows; ++r) {
        auto token = static_cast<int64_t>(targets[r]);
        tokens.back().set(r, token / columns == rank ? token % columns : -1);
      }
      Buffer index = Buffer::of({double(rank)}, Kind::I32), before = x;
      run(masks[v], {&index, &x});
      for (int64_t i = 0; i < rows * columns; ++i)
        ASSERT_EQ(x[i],
                  rank * columns + i % columns < valid ? before[i] : -INFINITY);
      Buffer m(rows);
      run(max, {&x, &m});
      for (int64_t r = 0; r < rows; ++r)
        largest[r] = std::fmax(largest[r], m[r]);
    }
    for (int64_t r = 0; r < rows; ++r)
      ASSERT_EQ(largest[r], wholeMax[r]);
    for (int64_t rank = 0; rank < ranks; ++rank) {
      Buffer s(rows), p(rows), grad(rows * columns);
      run(sum, {&parts[rank], &wholeMax, &s});
      run(pick, {&parts[rank], &tokens[rank], &p});
      run(gradient,
          {&parts[rank], &wholeMax, &wholeSum, &tokens[rank], &seed, &grad});
      for (int64_t r = 0; r < rows; ++r) {
        total[r] += s[r];
        picked[r] += p[r];
      }
      for (int64_t i = 0; i < rows * columns; ++i)
        ASSERT_EQ(
            grad[i],
            wholeGrad[i / columns * padded + rank * columns + i % columns]);
    }
    for (int64_t r = 0; r < rows; ++r) {
      // Sums of other groups of terms.
      ASSERT_NEAR(total[r], wholeSum[r], 1e-6 * wholeSum[r]);
      ASSERT_EQ(picked[r], logits[r * padded + int64_t(targets[r])]);
    }
  }
}
