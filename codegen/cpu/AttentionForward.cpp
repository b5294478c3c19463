//===----------------------------------------------------------------------===//
// The forward kernel of attention (FlashAttention-2, algorithm 1).
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionKernel.h"
#include "codegen/cpu/AttentionMath.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;
using namespace flm::cpu;

namespace {

class ForwardKernel : AttentionKernel {
public:
  ForwardKernel(OpBuilder &builder, Location loc, StringRef symbol,
                const AttentionProblem &problem, const CpuTarget &target)
      : AttentionKernel(builder, loc, symbol,
                        {Rows, Rows, Rows, Rows, LogSumExp}, problem, target) {}

  CpuKernel write();

private:
  void allocateBuffers();
  void packKeysAndValues(Index keys);
  void queryBlock(Value query, Index queries);
  void keyBlock(Value query, Index queries, Value key);
  void scoreRow(Index query, Value row, Value key, Index keys);
  void softmaxRow(Value row, Value tileRow, Index keys);
  void accumulateOutput(Value row, Value key, Index keys);
  void finishRows(Value query, Index queries);

  Value batch, head;
  HeadRows q, k, v, out;

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

void ForwardKernel::allocateBuffers() {
  int64_t panels = llvm::divideCeil(problem.seq, schedule.tileColumns);
  keyPanels =
      workspace.allocate({panels, schedule.depth, schedule.tileColumns});
  values = workspace.allocate({problem.seq, schedule.depth});
  queries = workspace.allocate({schedule.queryBlock, schedule.depth});
  output = workspace.allocate({schedule.queryBlock, schedule.depth});
  rowMax = workspace.allocate({schedule.queryBlock, schedule.lanes});
  rowSum = workspace.allocate({schedule.queryBlock, schedule.lanes});
  scores = workspace.allocate({schedule.tileRows, schedule.keyBlock});
  rescale = workspace.allocate({schedule.tileRows, schedule.lanes});
  keyRows = workspace.allocate({schedule.tileColumns, schedule.depth});
}

CpuKernel ForwardKernel::write() {
  allocateBuffers();

  // The last chunks see the most keys: they come first, so that the short ones
  // fill the gaps at the end of the region.
  int64_t heads = problem.batch * problem.heads;
  Index batchAndHead = e.rem(task(), heads);
  Index chunk = e.sub(schedule.queryChunks - 1, e.div(task(), heads));
  batch = e.index(e.div(batchAndHead, problem.heads));
  head = e.index(e.rem(batchAndHead, problem.heads));
  q = rows(0, batch, head);
  k = rows(1, batch, head);
  v = rows(2, batch, head);
  out = rows(3, batch, head);

  Index begin = e.mul(chunk, schedule.queryChunk);
  Index end = e.min(e.add(begin, schedule.queryChunk), problem.seq);
  packKeysAndValues(tiles.visibleKeys(e.sub(end, 1)));
  e.loop(begin, end, schedule.queryBlock, [&](Value query) {
    queryBlock(query, e.min(e.sub(end, query), schedule.queryBlock));
  });
  return finish(heads * schedule.queryChunks);
}

void ForwardKernel::packKeysAndValues(Index keys) {
  packing.packRows(v, 0, keys, keys, values);
  e.loop(0, keys, schedule.tileColumns, [&](Value key) {
    Index count = e.min(e.sub(keys, key), schedule.tileColumns);
    packing.packRows(k, key, count, schedule.tileColumns, keyRows);
    packing.transposePanel(keyRows, 0, keyPanels,
                           e.div(key, schedule.tileColumns));
  });
}

/// All of the kernel for queries [query, query + count).
void ForwardKernel::queryBlock(Value query, Index count) {
  Index padded = e.roundUp(count, schedule.tileRows);
  packing.packRows(q, query, count, padded, queries, queryScale(problem));
  packing.zeroRows(output, 0, padded);
  e.loop(0, padded, 1, [&](Value row) {
    e.store(e.constant(-std::numeric_limits<float>::infinity()), rowMax,
            {row, 0});
    e.store(e.constant(0.0f), rowSum, {row, 0});
  });
  Index keys = tiles.visibleKeys(e.add(query, e.sub(count, 1)));
  e.loop(0, keys, schedule.keyBlock,
         [&](Value key) { keyBlock(query, count, key); });
  finishRows(query, count);
}

/// One step of the online softmax for all rows of the block of queries.
void ForwardKernel::keyBlock(Value query, Index count, Value key) {
  // Rows above the first key see none of this block.
  Index first = problem.causal ? e.roundDown(e.max(e.sub(key, query), 0),
                                             schedule.tileRows)
                               : Index(0);
  e.loop(first, count, schedule.tileRows, [&](Value row) {
    Index lastQuery = e.add(e.add(query, row), schedule.tileRows - 1);
    Index keys =
        e.min(e.sub(tiles.visibleKeys(lastQuery), key), schedule.keyBlock);
    scoreRow(e.add(query, row), row, key, keys);
    e.loop(0, schedule.tileRows, 1, [&](Value tileRow) {
      softmaxRow(e.index(e.add(row, tileRow)), tileRow, keys);
    });
    accumulateOutput(row, key, keys);
  });
}

/// scores[i][j] = queries[row + i] . key[key + j], -inf where not visible.
void ForwardKernel::scoreRow(Index query, Value row, Value key, Index keys) {
  e.loop(0, keys, schedule.tileColumns, [&](Value column) {
    Index firstKey = e.add(key, column);
    Index panel = e.div(firstKey, schedule.tileColumns);
    AttentionTile tile = tiles.product(
        schedule.tileVectors, 0, problem.headDim,
        [&](Index d, int64_t i) {
          return e.loadScalar(queries, {e.add(row, i), d});
        },
        [&](Index d, int64_t vector) {
          return e.load(keyPanels, {panel, d, vector * schedule.lanes});
        });
    tiles.mask(tile, query, firstKey);
    for (int64_t i = 0; i < schedule.tileRows; ++i)
      for (int64_t vector = 0; vector < tile.vectors; ++vector)
        e.store(tile.at(i, vector), scores,
                {i, e.add(column, vector * schedule.lanes)});
  });
}

/// Raises the maximum of one row, turns its scores into exponentials and adds
/// them to the row's sum.
void ForwardKernel::softmaxRow(Value row, Value tileRow, Index keys) {
  auto column = [&](Value first, int64_t vector) {
    return e.add(first, vector * schedule.lanes);
  };
  Value oldMax = e.load(rowMax, {row, 0});
  AttentionEmitter::Values maxima(schedule.tileVectors, oldMax);
  maxima = e.loop(0, keys, schedule.tileColumns, maxima,
                  [&](Value first, ValueRange carried) {
                    auto next = llvm::to_vector(carried);
                    for (auto [i, value] : llvm::enumerate(next))
                      value = e.maxf(
                          e.load(scores, {tileRow, column(first, i)}), value);
                    return next;
                  });
  Value newMax = maxima[0];
  for (Value other : ArrayRef(maxima).drop_front())
    newMax = e.maxf(newMax, other);
  newMax = emitLaneMax(e, newMax);

  // At least one key of the first block is visible, so the maximum is finite
  // from then on, and the exponential of -inf is 0.
  Value factor = emitExp2(e, e.subf(oldMax, newMax));
  AttentionEmitter::Values sums(schedule.tileVectors, e.constant(0.0f));
  sums[0] = e.mulf(e.load(rowSum, {row, 0}), factor);
  sums = e.loop(0, keys, schedule.tileColumns, sums,
                [&](Value first, ValueRange carried) {
                  auto next = llvm::to_vector(carried);
                  for (auto [i, value] : llvm::enumerate(next)) {
                    Index at[] = {tileRow, column(first, i)};
                    Value power =
                        emitExp2(e, e.subf(e.load(scores, at), newMax));
                    e.store(power, scores, at);
                    value = e.addf(value, power);
                  }
                  return next;
                });
  Value sum = sums[0];
  for (Value other : ArrayRef(sums).drop_front())
    sum = e.addf(sum, other);

  e.store(newMax, rowMax, {row, 0});
  e.store(sum, rowSum, {row, 0});
  e.store(factor, rescale, {tileRow, 0});
}

/// output[row + i] = rescale[i] * output[row + i] + scores[i] . values
void ForwardKernel::accumulateOutput(Value row, Value key, Index keys) {
  tiles.forDepth([&](Index column, int64_t vectors) {
    AttentionTile tile = tiles.product(
        vectors, 0, keys,
        [&](Index j, int64_t i) { return e.loadScalar(scores, {i, j}); },
        [&](Index j, int64_t vector) {
          return e.load(
              values, {e.add(key, j), e.add(column, vector * schedule.lanes)});
        });
    for (int64_t i = 0; i < schedule.tileRows; ++i) {
      Value factor = e.load(rescale, {i, 0});
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Index at[] = {e.add(row, i), e.add(column, vector * schedule.lanes)};
        e.store(e.fma(factor, e.load(output, at), tile.at(i, vector)), output,
                at);
      }
    }
  });
}

/// out = output / sum, lse = log(2) * max + log(sum).
void ForwardKernel::finishRows(Value query, Index count) {
  e.loop(0, count, 1, [&](Value row) {
    Value sum = emitLaneSum(e, e.load(rowSum, {row, 0}));
    Value inverse = e.divf(e.constant(1.0f), sum);
    Index target = e.add(query, row);
    packing.forRowVectors([&](Index column, Value mask) {
      Value vector = e.mulf(e.load(output, {row, column}), inverse);
      packing.store(vector, out, target, column, mask);
    });
    Value logOfSum = math::LogOp::create(e.builder, e.loc, sum);
    Value lse = e.fma(e.load(rowMax, {row, 0}), e.constant(logOf2), logOfSum);
    e.storeScalar(e.firstLane(lse), argument(4), {batch, head, target});
  });
}

} // namespace

CpuKernel flm::cpu::buildAttentionForward(OpBuilder &builder, Location loc,
                                          StringRef symbol,
                                          const AttentionProblem &problem,
                                          const CpuTarget &target) {
  if (failed(verifyAttention(loc, problem)))
    return {};
  return ForwardKernel(builder, loc, symbol, problem, target).write();
}
