//===----------------------------------------------------------------------===//
// Kernels of the embedding.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Embedding.h"

#include "codegen/cpu/Rows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

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
  Real zero = constant(kernel, kernel.getF32Type(), 0);

  TaskBlocks blocks = blocksOfRows(
      rows, n * (bytesOf(problem.tableType) + bytesOf(problem.elementType)));
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    Index token = kernel.loadToken(tokens, row);
    Value known = token < kernel.index(problem.vocab);
    auto store = [&](function_ref<Real(const Strip &)> value) {
      forEachStrip(
          kernel, wholeSpan(kernel, n), target,
          [&](const Strip &strip) { strip.store(value(strip), y, row); });
    };
    kernel.ifThenElse(
        known,
        [&] {
          store([&](const Strip &strip) { return strip.load(table, token); });
        },
        [&] { store([&](const Strip &) { return zero; }); });
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

CpuKernel buildLocalTokens(OpBuilder &builder, Location loc, StringRef symbol,
                           int64_t count, int64_t size,
                           const CpuTarget &target) {
  Type i32 = builder.getI32Type();
  Type flat = bufferType({count}, i32);
  RowsKernel kernel(builder, loc, symbol, {flat, bufferType({1}, i32), flat});
  auto integer = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(kernel, value, 32);
  };
  Value rank = kernel.loadScalar(kernel.operand(1), kernel.index(0));
  Value first = arith::MulIOp::create(kernel, rank, integer(size));
  TaskBlocks blocks = blocksOfElements(count, 2 * bytesOf(i32));
  kernel.forEach(kernel.taskSpan(blocks), [&](Index i) {
    Value token = kernel.loadScalar(kernel.operand(0), i);
    Value mine = arith::SubIOp::create(kernel, token, first);
    // In [0, size): below 0 it wraps around to a large number.
    Value own = arith::CmpIOp::create(kernel, arith::CmpIPredicate::ult, mine,
                                      integer(size));
    Value local = arith::SelectOp::create(kernel, own, mine, integer(-1));
    memref::StoreOp::create(kernel, local, kernel.operand(2), i.value());
  });
  return kernel.finish(blocks.tasks());
}

} // namespace flm::cpu
