//===----------------------------------------------------------------------===//
// Kernels of the embedding.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Embedding.h"

#include "codegen/cpu/Rows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include <algorithm>

using namespace mlir;

namespace flm::cpu {

static Value loadToken(ImplicitLocOpBuilder &b, Value tokens, Value row) {
  Value token = memref::LoadOp::create(b, tokens, row);
  return arith::IndexCastOp::create(b, b.getIndexType(), token);
}

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
  kernel.forEachRow(blocks, [&](Value row) {
    Value token = loadToken(kernel.b, tokens, row);
    forEachBlock(kernel.b, wholeSpan(kernel.b, n), target,
                 [&](const Block &block) {
                   block.store(block.load(table, token), y, row);
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
    const int64_t maxRanges = 16, maxStrips = 8, minStripColumns = 64;
    int64_t work = 4 * problem.n * (problem.vocab + 2 * problem.rows);
    int64_t tasks =
        std::clamp<int64_t>(work / taskBytes, 1, maxRanges * maxStrips);
    int64_t strips = std::clamp<int64_t>(problem.n / minStripColumns, 1,
                                         std::min(tasks, maxStrips));
    int64_t ranges = std::clamp<int64_t>(tasks / strips, 1,
                                         std::min(maxRanges, problem.vocab));
    // Strips begin at multiples of a cache line.
    columns = {problem.n, divideUp(divideUp(problem.n, strips), 16) * 16};
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
  ImplicitLocOpBuilder &b = kernel.b;
  Value dy = kernel.operand(0), tokens = kernel.operand(1),
        dtable = kernel.operand(2);

  TableTiles tiles(problem);
  Value strips = kernel.index(tiles.columns.tasks());
  Span columns = kernel.spanOf(
      tiles.columns, arith::RemUIOp::create(b, kernel.task(), strips));
  Span range = kernel.spanOf(tiles.vocabulary,
                             arith::DivUIOp::create(b, kernel.task(), strips));

  if (!accumulate) {
    Real zero = constant(b, f32, 0);
    kernel.forEach(range, [&](Value entry) {
      forEachBlock(b, columns, target, [&](const Block &block) {
        block.store(zero, dtable, entry);
      });
    });
  }
  kernel.forEach(wholeSpan(b, rows), [&](Value row) {
    Value token = loadToken(b, tokens, row);
    Value own = arith::AndIOp::create(
        b,
        arith::CmpIOp::create(b, arith::CmpIPredicate::sge, token, range.begin),
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, token, range.end));
    scf::IfOp::create(b, own, [&](OpBuilder &inner, Location) {
      OpBuilder::InsertionGuard guard(b);
      b.restoreInsertionPoint(inner.saveInsertionPoint());
      forEachBlock(b, columns, target, [&](const Block &block) {
        block.store(block.load(dtable, token) + block.load(dy, row), dtable,
                    token);
      });
      scf::YieldOp::create(b);
    });
  });
  return kernel.finish(tiles.columns.tasks() * tiles.vocabulary.tasks());
}

} // namespace flm::cpu
