//===----------------------------------------------------------------------===//
// The forward kernel of attention (FlashAttention-2, algorithm 1).
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionKernel.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;
using namespace flm::cpu;

using Values = AttentionBuilder::Values;

namespace {

class ForwardKernel : AttentionKernel {
public:
  ForwardKernel(OpBuilder &builder, Location loc, StringRef symbol,
                const AttentionProblem &problem, const CpuTarget &target);
  CpuKernel write();

private:
  void packKeysAndValues(Index keys);
  void queryBlock(Index query, Index count);
  void keyBlock(Index query, Index count, Index key);
  void scoreRows(Index query, Index row, Index key, Index keys);
  void softmaxRow(Index row, Index tileRow, Index keys);
  Value maxOfScores(Index tileRow, Index keys, Value atLeast);
  Value sumOfExponentials(Index tileRow, Index keys, Value rowMax, Value sum);
  void accumulateOutput(Index row, Index key, Index keys);
  void finishRows(Index query, Index count);

  Index batchAndHead, batch, head;
  HeadRows q, k, v, out;
  Value lse;

  // Of all keys that the task sees.
  Value keyPanels; // [panel][depth][tileColumns]: transposed
  Value values;    // [key][depth]

  // Of the block of queries.
  Value queries; // [queryBlock][depth], times scale * log2(e)
  Value output;  // [queryBlock][depth], not yet divided by the row's sum
  Value rowMax;  // [queryBlock][lanes], the same in all lanes
  Value rowSum;  // [queryBlock][lanes], to be summed over lanes at the end

  // Of the tileRows queries in work and the block of keys.
  Value scores;  // [tileRows][keyBlock], then their exponentials
  Value rescale; // [tileRows][lanes]: exp(old maximum - new maximum)

  Value keyRows; // [tileColumns][depth], while packing
};

} // namespace

ForwardKernel::ForwardKernel(OpBuilder &builder, Location loc, StringRef symbol,
                             const AttentionProblem &problem,
                             const CpuTarget &target)
    : AttentionKernel(builder, loc, symbol, {Rows, Rows, Rows, Rows, LogSumExp},
                      problem, target),
      batchAndHead(task() % (problem.batch * problem.heads)),
      batch(batchAndHead / problem.heads), head(batchAndHead % problem.heads),
      q(rows(0, batch, head)), k(rows(1, batch, head)), v(rows(2, batch, head)),
      out(rows(3, batch, head)), lse(argument(4)) {
  int64_t panels = llvm::divideCeil(problem.seq, schedule.tileColumns);
  keyPanels = allocate({panels, schedule.depth, schedule.tileColumns});
  values = allocate({problem.seq, schedule.depth});
  queries = allocate({schedule.queryBlock, schedule.depth});
  output = allocate({schedule.queryBlock, schedule.depth});
  rowMax = allocate({schedule.queryBlock, schedule.lanes});
  rowSum = allocate({schedule.queryBlock, schedule.lanes});
  scores = allocate({schedule.tileRows, schedule.keyBlock});
  rescale = allocate({schedule.tileRows, schedule.lanes});
  keyRows = allocate({schedule.tileColumns, schedule.depth});
}

CpuKernel ForwardKernel::write() {
  // The last chunks see the most keys: they come first, so that the short ones
  // fill the gaps at the end of the region.
  int64_t heads = problem.batch * problem.heads;
  Index chunk = b.index(schedule.queryChunks - 1) - task() / heads;
  Index begin = chunk * schedule.queryChunk;
  Index end = b.min(begin + schedule.queryChunk, problem.seq);

  packKeysAndValues(tiles.visibleKeys(end - 1));
  b.loop(begin, end, schedule.queryBlock, [&](Index query) {
    queryBlock(query, b.min(end - query, schedule.queryBlock));
  });
  return withTasks(heads * schedule.queryChunks);
}

void ForwardKernel::packKeysAndValues(Index keys) {
  packing.packRows(v, b.index(0), keys, keys, values);
  b.loop(keys, schedule.tileColumns, [&](Index key) {
    Index count = b.min(keys - key, schedule.tileColumns);
    packing.packRows(k, key, count, b.index(schedule.tileColumns), keyRows);
    packing.transposePanel(keyRows, b.index(0), keyPanels,
                           key / schedule.tileColumns);
  });
}

/// Everything for queries [query, query + count).
void ForwardKernel::queryBlock(Index query, Index count) {
  Index padded = b.roundUp(count, schedule.tileRows);
  packing.packRows(q, query, count, padded, queries, queryScale());
  packing.zeroRows(output, b.index(0), padded);
  b.loop(padded, 1, [&](Index row) {
    b.store(b.splat(-std::numeric_limits<float>::infinity()), rowMax,
            {row, b.index(0)});
    b.store(b.splat(0.0f), rowSum, {row, b.index(0)});
  });
  Index keys = tiles.visibleKeys(query + count - 1);
  b.loop(keys, schedule.keyBlock,
         [&](Index key) { keyBlock(query, count, key); });
  finishRows(query, count);
}

/// One step of the online softmax for all rows of the block of queries.
void ForwardKernel::keyBlock(Index query, Index count, Index key) {
  Index first = tiles.firstRowThatSees(key, query);
  b.loop(first, count, schedule.tileRows, [&](Index row) {
    Index visible = tiles.visibleKeys(query + row + (schedule.tileRows - 1));
    Index keys = b.min(visible - key, schedule.keyBlock);
    scoreRows(query, row, key, keys);
    b.loop(schedule.tileRows, 1,
           [&](Index tileRow) { softmaxRow(row + tileRow, tileRow, keys); });
    accumulateOutput(row, key, keys);
  });
}

/// scores[i][j] = queries[row + i] . key[key + j], -inf where not visible.
void ForwardKernel::scoreRows(Index query, Index row, Index key, Index keys) {
  b.loop(keys, schedule.tileColumns, [&](Index column) {
    AttentionTile tile = tiles.dotRows(queries, row, keyPanels,
                                       (key + column) / schedule.tileColumns);
    tiles.mask(tile, query + row, key + column);
    for (int64_t i = 0; i < schedule.tileRows; ++i)
      for (int64_t vector = 0; vector < tile.vectors; ++vector)
        b.store(tile.at(i, vector), scores,
                {b.index(i), column + vector * schedule.lanes});
  });
}

/// Raises the maximum of one row, turns its scores into exponentials and adds
/// them to the row's sum.
void ForwardKernel::softmaxRow(Index row, Index tileRow, Index keys) {
  Index zero = b.index(0);
  Value oldMax = b.load(rowMax, {row, zero});
  Value newMax = maxOfScores(tileRow, keys, oldMax);
  // At least one key of the first block is visible, so the maximum is finite
  // from then on, and the exponential of -inf is 0.
  Value factor = b.exp2(b.subf(oldMax, newMax));
  Value sum = b.mulf(b.load(rowSum, {row, zero}), factor);
  sum = sumOfExponentials(tileRow, keys, newMax, sum);
  b.store(newMax, rowMax, {row, zero});
  b.store(sum, rowSum, {row, zero});
  b.store(factor, rescale, {tileRow, zero});
}

/// The largest score of the row and of `atLeast`, in every lane.
Value ForwardKernel::maxOfScores(Index tileRow, Index keys, Value atLeast) {
  Values maxima(schedule.tileVectors, atLeast);
  auto step = [&](Index column, ValueRange carried) {
    Values next(carried);
    for (auto [i, largest] : llvm::enumerate(next)) {
      Value score = b.load(scores, {tileRow, column + i * schedule.lanes});
      largest = b.maxf(score, largest);
    }
    return next;
  };
  maxima = b.loop(b.index(0), keys, schedule.tileColumns, maxima, step);
  Value largest = maxima[0];
  for (Value other : ArrayRef(maxima).drop_front())
    largest = b.maxf(largest, other);
  return b.laneMax(largest);
}

/// Replaces the row's scores by their exponentials; returns these added to
/// `sum`, lane by lane.
Value ForwardKernel::sumOfExponentials(Index tileRow, Index keys, Value rowMax,
                                       Value sum) {
  Values sums(schedule.tileVectors, b.splat(0.0f));
  sums[0] = sum;
  auto step = [&](Index column, ValueRange carried) {
    Values next(carried);
    for (auto [i, partial] : llvm::enumerate(next)) {
      Index at[] = {tileRow, column + i * schedule.lanes};
      Value power = b.exp2(b.subf(b.load(scores, at), rowMax));
      b.store(power, scores, at);
      partial = b.addf(partial, power);
    }
    return next;
  };
  sums = b.loop(b.index(0), keys, schedule.tileColumns, sums, step);
  sum = sums[0];
  for (Value other : ArrayRef(sums).drop_front())
    sum = b.addf(sum, other);
  return sum;
}

/// output[row + i] = rescale[i] * output[row + i] + scores[i] . values
void ForwardKernel::accumulateOutput(Index row, Index key, Index keys) {
  tiles.forDepth([&](Index column, int64_t vectors) {
    AttentionTile tile = tiles.product(
        vectors, b.index(0), keys,
        [&](Index j, int64_t i) {
          return b.loadScalar(scores, {b.index(i), j});
        },
        [&](Index j, int64_t vector) {
          return b.load(values, {key + j, column + vector * schedule.lanes});
        });
    for (int64_t i = 0; i < schedule.tileRows; ++i) {
      Value factor = b.load(rescale, {b.index(i), b.index(0)});
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Index at[] = {row + i, column + vector * schedule.lanes};
        b.store(b.fma(factor, b.load(output, at), tile.at(i, vector)), output,
                at);
      }
    }
  });
}

/// out = output / sum, lse = log(2) * max + log(sum).
void ForwardKernel::finishRows(Index query, Index count) {
  b.loop(count, 1, [&](Index row) {
    Value sum = b.laneSum(b.load(rowSum, {row, b.index(0)}));
    Value inverse = b.divf(b.splat(1.0f), sum);
    packing.forRowVectors([&](Index column, int64_t valid) {
      Value vector = b.mulf(b.load(output, {row, column}), inverse);
      packing.store(vector, out, query + row, column, valid);
    });
    Value logOfSum = math::LogOp::create(b, sum);
    Value max = b.load(rowMax, {row, b.index(0)});
    b.storeScalar(b.fma(max, b.splat(logOf2), logOfSum), lse,
                  {batch, head, query + row});
  });
}

CpuKernel flm::cpu::buildAttentionForward(OpBuilder &builder, Location loc,
                                          StringRef symbol,
                                          const AttentionProblem &problem,
                                          const CpuTarget &target) {
  if (failed(verifyAttention(loc, problem)))
    return {};
  return ForwardKernel(builder, loc, symbol, problem, target).write();
}
