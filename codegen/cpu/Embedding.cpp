//===----------------------------------------------------------------------===//
// Kernels of the embedding.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Embedding.h"

#include "codegen/cpu/Rows.h"

#include <algorithm>

using namespace mlir;

namespace flm::cpu {

CpuKernel buildEmbedding(OpBuilder &builder, Location loc, StringRef symbol,
                         const EmbeddingProblem &problem,
                         const CpuTarget &target) {
  const int64_t rows = problem.rows, n = problem.n;
  RowsKernel kernel(builder, loc, symbol,
                    {bufferType({rows}, builder.getI32Type()),
                     bufferType({problem.vocab, n}, problem.tableType),
                     bufferType({rows, n}, problem.elementType)});
  Value tokens = kernel.operand(0), table = kernel.operand(1),
        y = kernel.operand(2);

  TaskBlocks blocks = blocksOfRows(
      rows, n * (bytesOf(problem.tableType) + bytesOf(problem.elementType)));
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    Index token = kernel.loadToken(tokens, row);
    forEachStrip(kernel, wholeSpan(kernel, n), target, [&](const Strip &strip) {
      strip.store(strip.load(table, token), y, row);
    });
  });
  return kernel.finish(blocks.tasks());
}

namespace {
/// A task of the gradient owns a tile of the table, and reads all tokens. Tiles
/// are ranges of the vocabulary, cut into columns as well, because text uses a
/// few tokens (which often lie together) far more than the others.
struct TableTiles {
  TaskBlocks columns, vocabulary;

  explicit TableTiles(const EmbeddingProblem &problem) {
    // Every task scans the tokens: a limit keeps that small beside the work.
    const int64_t maxRanges = 16, maxSlices = 8, minSliceColumns = 64;
    int64_t work = 4 * problem.n * (problem.vocab + 2 * problem.rows);
    int64_t tasks =
        std::clamp<int64_t>(work / taskBytes, 1, maxRanges * maxSlices);
    int64_t slices = std::clamp<int64_t>(problem.n / minSliceColumns, 1,
                                         std::min(tasks, maxSlices));
    int64_t ranges = std::clamp<int64_t>(tasks / slices, 1,
                                         std::min(maxRanges, problem.vocab));
    // Slices begin at multiples of a cache line.
    columns = {problem.n, divideUp(divideUp(problem.n, slices), 16) * 16};
    columns.itemsPerTask = std::min(columns.itemsPerTask, problem.n);
    vocabulary = {problem.vocab, divideUp(problem.vocab, ranges)};
  }
};
} // namespace

CpuKernel buildEmbeddingGrad(OpBuilder &builder, Location loc, StringRef symbol,
                             const EmbeddingProblem &problem, bool accumulate,
                             const CpuTarget &target) {
  const int64_t rows = problem.rows, n = problem.n;
  Type f32 = builder.getF32Type();
  RowsKernel kernel(builder, loc, symbol,
                    {bufferType({rows, n}, problem.elementType),
                     bufferType({rows}, builder.getI32Type()),
                     bufferType({problem.vocab, n}, f32)});
  Value dy = kernel.operand(0), tokens = kernel.operand(1),
        dtable = kernel.operand(2);

  TableTiles tiles(problem);
  const int64_t columnTiles = tiles.columns.tasks();
  Span columns = kernel.spanOf(tiles.columns, kernel.task() % columnTiles);
  Span range = kernel.spanOf(tiles.vocabulary, kernel.task() / columnTiles);

  if (!accumulate) {
    Real zero = constant(kernel, f32, 0);
    kernel.forEach(range, [&](Index entry) {
      forEachStrip(kernel, columns, target, [&](const Strip &strip) {
        strip.store(zero, dtable, entry);
      });
    });
  }
  kernel.forEach(wholeSpan(kernel, rows), [&](Index row) {
    Index token = kernel.loadToken(tokens, row);
    // In [begin, end): a token below begin wraps around to a large number.
    Value own = (token - range.begin) < (range.end - range.begin);
    kernel.ifThen(own, [&] {
      forEachStrip(kernel, columns, target, [&](const Strip &strip) {
        strip.store(strip.load(dtable, token) + strip.load(dy, row), dtable,
                    token);
      });
    });
  });
  return kernel.finish(columnTiles * tiles.vocabulary.tasks());
}

} // namespace flm::cpu
