//===----------------------------------------------------------------------===//
// The embedding and its gradient against plain loops in double.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Embedding.h"
#include "test/codegen/cpu/RowsTest.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

class EmbeddingTest : public RowsTest {};
FLM_INSTANTIATE_ROWS_TEST(EmbeddingTest);

struct Case {
  int64_t rows, vocab, n;
  Kind kind;
  CpuKernel forward, gradient, accumulate;
};

} // namespace

TEST_P(EmbeddingTest, AgreesWithPlainLoops) {
  std::vector<Case> cases;
  for (Kind kind : kinds()) {
    for (int64_t rows : {1, 3, 37})
      for (int64_t n : {1, 5, 20, 48, 100, 257})
        cases.push_back({rows, 11, n, kind, {}, {}, {}});
    cases.push_back({2000, 3, 200, kind, {}, {}, {}});    // tasks own columns
    cases.push_back({50, 30011, 20, kind, {}, {}, {}});   // … a range of tokens
    cases.push_back({1500, 1009, 300, kind, {}, {}, {}}); // … both
  }
  mlir::OpBuilder b = builder();
  for (Case &c : cases) {
    EmbeddingProblem p = {c.rows, c.vocab, c.n, type(c.kind), type(Kind::F32)};
    c.forward = buildEmbedding(b, loc(), symbol(), p, target());
    c.gradient = buildEmbeddingGrad(b, loc(), symbol(), p, false, target());
    c.accumulate = buildEmbeddingGrad(b, loc(), symbol(), p, true, target());
  }
  ASSERT_TRUE(compile());
  for (int last : {18, 19, 20})
    EXPECT_GT(cases[last].gradient.tasks, 1);

  for (Case &c : cases) {
    std::string what = "rows " + std::to_string(c.rows) + ", vocab " +
                       std::to_string(c.vocab) + ", n " + std::to_string(c.n);
    SCOPED_TRACE(what);
    const int64_t n = c.n;
    Buffer table = Buffer::normal(c.vocab * n, 1);
    Buffer tokens = Buffer::tokens(c.rows, 2, c.vocab);
    tokens.set(0, c.vocab - 1);
    Buffer dy = Buffer::normal(c.rows * n, 3, c.kind);

    auto row = [&](int64_t i) { return int64_t(tokens[i / n]) * n + i % n; };
    Buffer y(c.rows * n, c.kind), picked(c.rows * n, c.kind);
    for (int64_t i = 0; i < c.rows * n; ++i)
      picked.set(i, table[row(i)]);
    run(c.forward, {&tokens, &table, &y});
    EXPECT_TRUE(y == picked);

    // Exactly the f32 sum in the order of the rows.
    std::vector<float> sum(c.vocab * n, 0.f), sumOnTop(c.vocab * n);
    for (int64_t i = 0; i < c.vocab * n; ++i)
      sumOnTop[i] = table[i];
    for (int64_t i = 0; i < c.rows * n; ++i) {
      sum[row(i)] += float(dy[i]);
      sumOnTop[row(i)] += float(dy[i]);
    }
    auto exact = [](int64_t) { return 0.0; };
    Buffer dtable(c.vocab * n);
    run(c.gradient, {&dy, &tokens, &dtable});
    expectNear(
        dtable, [&](int64_t i) { return sum[i]; }, exact, what + ", gradient");
    Buffer accumulated = table;
    run(c.accumulate, {&dy, &tokens, &accumulated});
    expectNear(
        accumulated, [&](int64_t i) { return sumOnTop[i]; }, exact,
        what + ", accumulated gradient");
  }
}

// A rank that has some rows of the table: other ranks' tokens are -1.
TEST_P(EmbeddingTest, LeavesTokensOfOtherRanksAlone) {
  const int64_t rows = 70, vocab = 6, n = 37;
  EmbeddingProblem p = {rows, vocab, n, type(Kind::F32), type(Kind::F32)};
  mlir::OpBuilder b = builder();
  CpuKernel forward = buildEmbedding(b, loc(), symbol(), p, target());
  CpuKernel gradient =
      buildEmbeddingGrad(b, loc(), symbol(), p, /*accumulate=*/false, target());
  ASSERT_TRUE(compile());

  Buffer table = Buffer::normal(vocab * n, 1), dy = Buffer::normal(rows * n, 2);
  Buffer tokens = Buffer::tokens(rows, 3, vocab);
  for (int64_t r = 0; r < rows; r += 3)
    tokens.set(r, -1);
  Buffer y(rows * n), dtable(vocab * n);
  run(forward, {&tokens, &table, &y});
  run(gradient, {&dy, &tokens, &dtable});
  std::vector<float> sum(vocab * n, 0.f);
  for (int64_t i = 0; i < rows * n; ++i) {
    auto token = static_cast<int64_t>(tokens[i / n]);
    ASSERT_EQ(y[i], token < 0 ? 0.0 : table[token * n + i % n]) << i;
    if (token >= 0)
      sum[token * n + i % n] += float(dy[i]);
  }
  for (int64_t i = 0; i < vocab * n; ++i)
    ASSERT_EQ(dtable[i], sum[i]) << i;
}

TEST_P(EmbeddingTest, CountsTokensFromTheRanksOwnRows) {
  const int64_t size = 7, ranks = 3;
  mlir::OpBuilder b = builder();
  std::vector<int64_t> counts = {1, 5, 37, 40000};
  std::vector<CpuKernel> cases;
  for (int64_t count : counts)
    cases.push_back(
        buildLocalTokens(b, loc(), symbol(), count, size, target()));
  ASSERT_TRUE(compile());
  EXPECT_GT(cases.back().tasks, 1);
  for (auto [kernel, count] : llvm::zip(cases, counts))
    for (int64_t rank = 0; rank < ranks; ++rank) {
      Buffer tokens = Buffer::tokens(count, 1, size * ranks);
      tokens.set(0, size * rank); // the first row that is its own
      Buffer index = Buffer::of({double(rank)}, Kind::I32);
      Buffer local(count, Kind::I32);
      run(kernel, {&tokens, &index, &local});
      for (int64_t i = 0; i < count; ++i) {
        auto token = static_cast<int64_t>(tokens[i]);
        ASSERT_EQ(local[i], token / size == rank ? token % size : -1)
            << "token " << token << " on rank " << rank;
      }
    }
}
