//===----------------------------------------------------------------------===//
// Sums in a fixed order against plain loops in double.
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

namespace {
struct ChunkCase {
  int64_t chunks, length;
  Kind kind;
  CpuKernel kernel, one;
};
} // namespace

TEST_P(ReductionTest, SumsSquaresByChunk) {
  std::vector<ChunkCase> cases;
  for (Kind kind : kinds()) {
    for (int64_t length : {1, 3, 20, 37, 257, 4095, 4096})
      cases.push_back({5, length, kind, {}, {}});
    cases.push_back({1, 4096, kind, {}, {}});
    cases.push_back({200, 1001, kind, {}, {}}); // several tasks
  }
  mlir::OpBuilder b = builder();
  for (ChunkCase &c : cases) {
    c.kernel = buildChunkSquares(b, loc(), symbol(), c.chunks, c.length,
                                 type(c.kind), target());
    c.one = buildChunkSquares(b, loc(), symbol(), 1, c.length, type(c.kind),
                              target());
  }
  ASSERT_TRUE(compile());
  EXPECT_GT(cases.back().kernel.tasks, 1);

  for (ChunkCase &c : cases) {
    std::string what =
        std::to_string(c.chunks) + " chunks of " + std::to_string(c.length);
    Buffer x = Buffer::normal(c.chunks * c.length, 1, c.kind);
    Buffer sums(c.chunks);
    run(c.kernel, {&x, &sums});
    auto square = [&](int64_t chunk) {
      double sum = 0;
      for (int64_t i = 0; i < c.length; ++i)
        sum += x[chunk * c.length + i] * x[chunk * c.length + i];
      return sum;
    };
    // Formed in f64, rounded once.
    expectNear(
        sums, square,
        [&](int64_t chunk) {
          return 1.01 * epsilonOf(Kind::F32) * square(chunk);
        },
        what);
    // A rank that has the last chunk alone gets the same bits.
    Buffer last(c.length, c.kind), alone(1);
    for (int64_t i = 0; i < c.length; ++i)
      last.set(i, x[(c.chunks - 1) * c.length + i]);
    run(c.one, {&last, &alone});
    EXPECT_EQ(alone[0], sums[c.chunks - 1]) << what;
  }
}

namespace {
struct FoldCase {
  int64_t slots, count;
  CpuKernel kernel;
};

float foldTree(const Buffer &x, int64_t at, int64_t slots, int64_t count) {
  if (slots == 1)
    return float(x[at]);
  int64_t head = 1;
  while (head * 2 < slots)
    head *= 2;
  return foldTree(x, at, head, count) +
         foldTree(x, at + head * count, slots - head, count);
}
} // namespace

TEST_P(ReductionTest, FoldsSlotsAsATree) {
  std::vector<FoldCase> cases;
  for (int64_t slots : {1, 2, 3, 4, 5, 6, 7, 8, 11})
    for (int64_t count : {1, 5, 37})
      cases.push_back({slots, count, {}});
  cases.push_back({3, 70001, {}}); // several tasks
  mlir::OpBuilder b = builder();
  for (FoldCase &c : cases)
    c.kernel = buildFoldSlots(b, loc(), symbol(), c.slots, c.count,
                              type(Kind::F32), target());
  ASSERT_TRUE(compile());
  EXPECT_GT(cases.back().kernel.tasks, 1);

  for (FoldCase &c : cases) {
    Buffer x = Buffer::normal(c.slots * c.count, 1), y(c.count);
    run(c.kernel, {&x, &y});
    for (int64_t i = 0; i < c.count; ++i)
      ASSERT_EQ(float(y[i]), foldTree(x, i, c.slots, c.count))
          << c.slots << " slots of " << c.count << ", element " << i;
  }
}
