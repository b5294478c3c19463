//===----------------------------------------------------------------------===//
// Rotary position embedding against plain loops in double.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Rope.h"
#include "test/codegen/cpu/RowsTest.h"

#include <cmath>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

class RopeTest : public RowsTest {};
FLM_INSTANTIATE_ROWS_TEST(RopeTest);

struct Case {
  int64_t batch, seq, heads, headDim;
  Kind kind;
  CpuKernel forward, inverse;
};

} // namespace

TEST_P(RopeTest, RotatesPairsAndBack) {
  std::vector<Case> cases;
  for (Kind kind : kinds()) {
    cases.push_back({1, 1, 1, 2, kind, {}, {}});
    cases.push_back({2, 3, 1, 10, kind, {}, {}});
    cases.push_back({3, 7, 5, 26, kind, {}, {}});
    cases.push_back({1, 5, 2, 64, kind, {}, {}});
    cases.push_back({2, 67, 3, 128, kind, {}, {}});
    cases.push_back({2, 300, 2, 100, kind, {}, {}});
  }
  mlir::OpBuilder b = builder();
  for (Case &c : cases) {
    RopeProblem p = {c.batch, c.seq, c.heads, c.headDim, false, type(c.kind)};
    c.forward = buildRope(b, loc(), symbol(), p, target());
    p.inverse = true;
    c.inverse = buildRope(b, loc(), symbol(), p, target());
  }
  ASSERT_TRUE(compile());
  EXPECT_GT(cases[5].forward.tasks, 1);

  for (Case &c : cases) {
    std::string what = "headDim " + std::to_string(c.headDim);
    SCOPED_TRACE(what);
    const int64_t half = c.headDim / 2, width = c.heads * c.headDim;
    Buffer table(c.seq * c.headDim);
    for (int64_t s = 0; s < c.seq; ++s)
      for (int64_t i = 0; i < half; ++i) {
        double angle = s * std::pow(10000.0, -2.0 * i / c.headDim);
        table.set(s * c.headDim + i, std::cos(angle));
        table.set(s * c.headDim + half + i, std::sin(angle));
      }
    Buffer x = Buffer::normal(c.batch * c.seq * width, 1, c.kind);
    auto rotated = [&](int64_t i, double direction, double &magnitude) {
      int64_t position = i / width % c.seq, inHead = i % c.headDim;
      int64_t pair = inHead % half;
      double cosine = table[position * c.headDim + pair];
      double sine = direction * table[position * c.headDim + half + pair];
      double other = inHead < half ? -x[i + half] : x[i - half];
      magnitude = std::abs(x[i] * cosine) + std::abs(other * sine);
      return x[i] * cosine + other * sine;
    };
    for (double direction : {1.0, -1.0}) {
      Buffer y(x.size(), c.kind);
      const CpuKernel &kernel = direction > 0 ? c.forward : c.inverse;
      run(kernel, {&x, &table, &y});
      double magnitude;
      expectNear(
          y, [&](int64_t i) { return rotated(i, direction, magnitude); },
          [&](int64_t i) {
            double value = rotated(i, direction, magnitude);
            return 2 * epsilonOf(Kind::F32) * magnitude +
                   1.01 * epsilonOf(c.kind) * std::abs(value);
          },
          what);
      Buffer inPlace = x;
      run(kernel, {&inPlace, &table, &inPlace});
      EXPECT_TRUE(inPlace == y) << "in place differs";
    }
  }
}
