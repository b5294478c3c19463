//===----------------------------------------------------------------------===//
// Sums over a fixed chunk grid against plain loops in double.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Reduction.h"
#include "test/codegen/cpu/RowsTest.h"

#include <cmath>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

class ReductionTest : public RowsTest {};
FLM_INSTANTIATE_ROWS_TEST(ReductionTest);

struct Case {
  int64_t count;
  Summand summand;
  Kind kind;
  CpuKernel chunks, fold;
};

double measure(Summand summand, double x) {
  switch (summand) {
  case Summand::Element:
    return x;
  case Summand::Square:
    return x * x;
  case Summand::Magnitude:
    return std::abs(x);
  }
  return NAN;
}

} // namespace

TEST_P(ReductionTest, AgreesWithPlainLoops) {
  std::vector<Case> cases;
  for (Kind kind : kinds())
    for (Summand summand :
         {Summand::Element, Summand::Square, Summand::Magnitude})
      for (int64_t count : {1, 5, 37, 257, 4096, 5000, 65536, 200003})
        cases.push_back({count, summand, kind, {}, {}});
  mlir::OpBuilder b = builder();
  for (Case &c : cases) {
    ReductionProblem p = {c.count, c.summand, type(c.kind)};
    c.chunks = buildChunkSums(b, loc(), symbol(), p, target());
    c.fold = buildFoldChunkSums(b, loc(), symbol(), reductionChunks(c.count),
                                1.0 / c.count, target());
  }
  ASSERT_TRUE(compile());

  for (Case &c : cases) {
    std::string what = "count " + std::to_string(c.count);
    Buffer x = Buffer::normal(c.count, 1, c.kind);
    double sum = 0, magnitude = 0;
    for (int64_t i = 0; i < c.count; ++i) {
      sum += measure(c.summand, x[i]);
      magnitude += std::abs(measure(c.summand, x[i]));
    }
    Buffer partials(reductionChunks(c.count)), mean(1);
    run(c.chunks, {&x, &partials});
    run(c.fold, {&partials, &mean});
    // A lane adds at most 4096/16 terms (vectors have 4 lanes or more, a block
    // 4 vectors), then 6 halvings, one rounding per chunk and one at the end.
    double roundings = std::min<int64_t>(c.count, 4096 / 16) + 8;
    expectNear(
        mean, [&](int64_t) { return sum / c.count; },
        [&](int64_t) {
          return roundings * epsilonOf(Kind::F32) * magnitude / c.count;
        },
        what);
  }
}

// Parts of one buffer, one fold: the norm of many gradients.
TEST_P(ReductionTest, FoldsPartialsOfSeveralTensors) {
  mlir::OpBuilder b = builder();
  mlir::Type f32 = type(Kind::F32);
  CpuKernel first = buildChunkSums(b, loc(), symbol(),
                                   {70000, Summand::Square, f32}, target());
  CpuKernel second =
      buildChunkSums(b, loc(), symbol(), {3, Summand::Square, f32}, target());
  CpuKernel fold = buildFoldChunkSums(b, loc(), symbol(), 3, 1, target());
  ASSERT_TRUE(compile());
  Buffer x(70000), y = Buffer::of({1, 2, 3}), partials(3), tail(1), sum(1);
  for (int64_t i = 0; i < 70000; ++i)
    x.set(i, i % 2);
  run(first, {&x, &partials});
  run(second, {&y, &tail});
  partials.set(2, tail[0]);
  run(fold, {&partials, &sum});
  EXPECT_EQ(sum[0], 35000 + 14);
}
