//===----------------------------------------------------------------------===//
// The schedule of attention, its register tile and its mask.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionTiles.h"

#include "llvm/Support/MathExtras.h"

#include <limits>
#include <numeric>

using namespace mlir;
using namespace flm::cpu;

//===-- Schedule ----------------------------------------------------------===//

/// Enough tasks for the threads of a large machine; more would only pack the
/// same keys more often.
static constexpr int64_t wantedTasks = 64;

AttentionSchedule::AttentionSchedule(const AttentionProblem &problem,
                                     const CpuTarget &target)
    : lanes(target.lanes()) {
  // The sums, one row of the right factor and one element of the left one have
  // to fit the registers. 8 x 2 sums hide the latency of two FMA units.
  tileVectors = 2;
  tileRows = target.vectorRegisters >= 32 ? 8 : 6;
  tileColumns = tileVectors * lanes;
  depth = llvm::alignTo(problem.headDim, lanes);

  // A block of transposed keys takes two thirds of the first-level cache.
  int64_t keyGrain = std::lcm(tileRows, tileColumns);
  int64_t cachedKeys = target.l1Bytes * 2 / 3 / (depth * sizeof(float));
  keyBlock = llvm::alignTo(std::clamp<int64_t>(cachedKeys, 64, 256), keyGrain);
  keyBlock = std::min<int64_t>(keyBlock, llvm::alignTo(problem.seq, keyGrain));
  queryBlock = llvm::alignTo(std::min<int64_t>(problem.seq, 128), tileRows);

  // Packing the keys costs a task as much as some tens of queries, so a task
  // has a few blocks at least.
  int64_t wantedChunks =
      llvm::divideCeil(wantedTasks, problem.batch * problem.heads);
  queryChunk = llvm::alignTo(
      std::max<int64_t>(llvm::divideCeil(problem.seq, wantedChunks),
                        2 * queryBlock),
      queryBlock);
  queryChunks = llvm::divideCeil(problem.seq, queryChunk);
}

//===-- Register tile -----------------------------------------------------===//

AttentionTile
AttentionTiles::product(int64_t vectors, Index begin, Index end,
                        function_ref<Value(Index i, int64_t row)> left,
                        function_ref<Value(Index i, int64_t vector)> right) {
  AttentionBuilder::Values zeros(schedule.tileRows * vectors, b.splat(0.0f));
  auto step = [&](Index i, ValueRange carried) {
    AttentionTile next{vectors, AttentionBuilder::Values(carried)};
    AttentionBuilder::Values columns;
    for (int64_t v = 0; v < vectors; ++v)
      columns.push_back(right(i, v));
    for (int64_t row = 0; row < schedule.tileRows; ++row) {
      Value element = b.broadcast(left(i, row), schedule.lanes);
      for (int64_t v = 0; v < vectors; ++v)
        next.at(row, v) = b.fma(element, columns[v], next.at(row, v));
    }
    return next.sums;
  };
  return {vectors, b.loop(begin, end, 1, zeros, step)};
}

AttentionTile AttentionTiles::dotRows(Value rows, Index row, Value panels,
                                      Index panel) {
  Value window =
      b.window(rows, row, b.index(0), schedule.tileRows, schedule.depth);
  return product(
      schedule.tileVectors, b.index(0), b.index(problem.headDim),
      [&](Index d, int64_t i) { return b.loadScalar(window, {b.index(i), d}); },
      [&](Index d, int64_t vector) {
        return b.load(panels, {panel, d, b.index(vector * schedule.lanes)});
      });
}

void AttentionTiles::forDepth(
    function_ref<void(Index column, int64_t vectors)> body) {
  int64_t rest = schedule.depth % schedule.tileColumns;
  int64_t whole = schedule.depth - rest;
  b.loop(whole, schedule.tileColumns,
         [&](Index column) { body(column, schedule.tileVectors); });
  if (rest)
    body(b.index(whole), rest / schedule.lanes);
}

void AttentionTiles::addTo(Value to, AttentionTile &tile, Index row,
                           Index column) {
  for (int64_t i = 0; i < schedule.tileRows; ++i)
    for (int64_t v = 0; v < tile.vectors; ++v) {
      Index at[] = {row + i, column + v * schedule.lanes};
      b.store(b.addf(b.load(to, at), tile.at(i, v)), to, at);
    }
}

//===-- Mask --------------------------------------------------------------===//

Index AttentionTiles::visibleKeys(Index query) {
  Index all = b.index(problem.seq);
  return problem.causal ? b.min(query + 1, all) : all;
}

Index AttentionTiles::firstRowThatSees(Index key, Index query) {
  if (!problem.causal)
    return b.index(0);
  return b.roundDown(b.subtractOrZero(key, query), schedule.tileRows);
}

void AttentionTiles::mask(AttentionTile &scores, Index query, Index key) {
  bool neverPartial =
      !problem.causal && problem.seq % schedule.tileColumns == 0;
  if (neverPartial)
    return;

  // The first row sees the fewest keys.
  Value partial = visibleKeys(query) < key + schedule.tileColumns;
  Value hidden = b.splat(-std::numeric_limits<float>::infinity());
  auto maskAll = [&] {
    AttentionTile masked = scores;
    for (int64_t row = 0; row < schedule.tileRows; ++row) {
      Index visible = b.subtractOrZero(visibleKeys(query + row), key);
      for (int64_t v = 0; v < scores.vectors; ++v)
        masked.at(row, v) =
            b.keepLanes(scores.at(row, v), v * schedule.lanes, visible, hidden);
    }
    return masked.sums;
  };
  scores.sums = b.ifThenElse(partial, maskAll, scores.sums);
}
