//===----------------------------------------------------------------------===//
// Pointwise kernels against plain loops in double.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Pointwise.h"
#include "test/codegen/cpu/RowsTest.h"

#include <cmath>
#include <cstring>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

class PointwiseTest : public RowsTest {};
FLM_INSTANTIATE_ROWS_TEST(PointwiseTest);

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

struct Case {
  int64_t count;
  Kind kind;
  CpuKernel siluMul, siluMulGrad, add2, add5, scale, scaleBy, fill, cast;
};

/// Sizes that divide nothing, and one of several tasks.
const int64_t counts[] = {1, 3, 15, 16, 37, 100, 257, 4096, 100003};

} // namespace

TEST_P(PointwiseTest, AgreesWithPlainLoops) {
  std::vector<Case> cases;
  for (Kind kind : kinds())
    for (int64_t count : counts)
      cases.push_back({count, kind, {}, {}, {}, {}, {}, {}, {}, {}});
  mlir::OpBuilder b = builder();
  for (Case &c : cases) {
    PointwiseProblem p = {c.count, type(c.kind)};
    c.siluMul = buildSiluMul(b, loc(), symbol(), p, target());
    c.siluMulGrad = buildSiluMulGrad(b, loc(), symbol(), p, target());
    c.add2 = buildAdd(b, loc(), symbol(), 2, p, target());
    c.add5 = buildAdd(b, loc(), symbol(), 5, p, target());
    c.scale = buildScale(b, loc(), symbol(), 0.3, p, target());
    c.scaleBy = buildScaleBy(b, loc(), symbol(), p, target());
    c.fill = buildFill(b, loc(), symbol(), 0.75, p, target());
    Kind other = c.kind == Kind::F32 ? kinds().back() : Kind::F32;
    c.cast = buildCast(b, loc(), symbol(), type(other), p, target());
  }
  ASSERT_TRUE(compile());
  EXPECT_GT(cases[8].siluMul.tasks, 1);

  for (Case &c : cases) {
    std::string what = "count " + std::to_string(c.count);
    SCOPED_TRACE(what);
    const int64_t n = c.count;
    // sigmoid: within 3 units in the last place (6 half units); then a few
    // operations, and one rounding to store.
    const double relative = 10 * epsilonOf(Kind::F32) +
                            (c.kind == Kind::BF16 ? epsilonOf(Kind::BF16) : 0);
    auto within = [&](auto expected) {
      return
          [=](int64_t i) { return relative * std::abs(expected(i)) + 1e-37; };
    };

    Buffer gate = Buffer::normal(n, 1, c.kind, 4);
    Buffer up = Buffer::normal(n, 2, c.kind);
    Buffer dy = Buffer::normal(n, 3, c.kind);
    // The far ends of the sigmoid.
    for (int64_t i = 0; i < n && i < 4; ++i)
      gate.set(i, i % 2 ? 120.0 : -120.0);

    auto silu = [&](int64_t i) { return gate[i] * sigmoid(gate[i]); };
    auto product = [&](int64_t i) { return silu(i) * up[i]; };
    Buffer out(n, c.kind);
    run(c.siluMul, {&gate, &up, &out});
    expectNear(out, product, within(product), what + ", silu_mul");

    Buffer dgate(n, c.kind), dup(n, c.kind);
    run(c.siluMulGrad, {&dy, &gate, &up, &dgate, &dup});
    auto slope = [&](int64_t i) {
      double s = sigmoid(gate[i]);
      return s + silu(i) * (1 - s);
    };
    auto wantGate = [&](int64_t i) { return dy[i] * up[i] * slope(i); };
    auto wantUp = [&](int64_t i) { return dy[i] * silu(i); };
    // The slope's two terms cancel where gate is about -1.28; 1 - s loses what
    // s lost, relative to 1.
    auto gateTolerance = [&](int64_t i) {
      double s = sigmoid(gate[i]);
      return relative * (std::abs(dy[i] * up[i]) * (s + std::abs(silu(i)))) +
             1e-37;
    };
    expectNear(dgate, wantGate, gateTolerance, what + ", d gate");
    expectNear(dup, wantUp, within(wantUp), what + ", d up");
    Buffer inGate = gate, inUp = up;
    run(c.siluMulGrad, {&dy, &inGate, &inUp, &inGate, &inUp});
    EXPECT_TRUE(inGate == dgate && inUp == dup) << "in place differs";

    Buffer sum(n, c.kind);
    run(c.add2, {&gate, &up, &sum});
    expectNear(
        sum, [&](int64_t i) { return gate[i] + up[i]; },
        [&](int64_t i) {
          return epsilonOf(c.kind) * std::abs(gate[i] + up[i]);
        },
        what + ", add of 2");
    Buffer total = dy;
    run(c.add5, {&total, &gate, &up, &gate, &dy, &total});
    expectNear(
        total, [&](int64_t i) { return 2 * dy[i] + 2 * gate[i] + up[i]; },
        [&](int64_t i) {
          return 1.01 * epsilonOf(c.kind) *
                     std::abs(2 * dy[i] + 2 * gate[i] + up[i]) +
                 4 * epsilonOf(Kind::F32) *
                     (2 * std::abs(dy[i]) + 2 * std::abs(gate[i]) +
                      std::abs(up[i]));
        },
        what + ", add of 5 in place");

    Buffer y(n, c.kind), factor = Buffer::of({-1.75});
    auto scaled = [&](int64_t i) { return 0.3 * gate[i]; };
    run(c.scale, {&gate, &y});
    expectNear(y, scaled, within(scaled), what + ", scale");
    auto scaledBy = [&](int64_t i) { return -1.75 * gate[i]; };
    run(c.scaleBy, {&gate, &factor, &y});
    expectNear(y, scaledBy, within(scaledBy), what + ", scale by");
    run(c.fill, {&y});
    expectNear(
        y, [](int64_t) { return 0.75; }, [](int64_t) { return 0; },
        what + ", fill");

    // A conversion is exact up, and the nearest number down.
    Kind other = c.kind == Kind::F32 ? kinds().back() : Kind::F32;
    Buffer converted(n, other), nearest(n, other);
    for (int64_t i = 0; i < n; ++i)
      nearest.set(i, dy[i]);
    run(c.cast, {&dy, &converted});
    EXPECT_TRUE(converted == nearest) << "cast";
  }
}

TEST_P(PointwiseTest, CopiesBytes) {
  const int64_t sizes[] = {1, 2, 3, 4, 6, 37, 62, 1001, 4096, 131074};
  std::vector<CpuKernel> copies;
  mlir::OpBuilder b = builder();
  for (int64_t bytes : sizes)
    copies.push_back(buildCopy(b, loc(), symbol(), bytes, target()));
  ASSERT_TRUE(compile());
  for (size_t i = 0; i < copies.size(); ++i) {
    const int64_t bytes = sizes[i], floats = bytes / 4 + 1;
    Buffer from = Buffer::normal(floats, 1), to(floats), expected(floats);
    // A signalling NaN of bf16: arithmetic would change it.
    const unsigned char number[] = {0x81, 0x7f};
    std::memcpy(from.data(), number, 2);
    std::memcpy(expected.data(), from.data(), bytes);
    run(copies[i], {&from, &to});
    EXPECT_TRUE(to == expected) << bytes << " bytes";
  }
}
