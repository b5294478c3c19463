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

  // A block of transposed keys should take half of the first-level cache.
  int64_t keyGrain = std::lcm(tileRows, tileColumns);
  int64_t cachedKeys = target.l1Bytes / 2 / (depth * sizeof(float));
  keyBlock = llvm::alignTo(std::clamp<int64_t>(cachedKeys, 64, 256), keyGrain);
  keyBlock = std::min<int64_t>(keyBlock, llvm::alignTo(problem.seq, keyGrain));
  queryBlock = llvm::alignTo(std::min<int64_t>(problem.seq, 64), tileRows);

  // Packing the keys costs a task as much as some tens of queries, so a task
  // has a few blocks at least.
  int64_t wantedChunks =
      llvm::divideCeil(wantedTasks, problem.batch * problem.heads);
  queryChunk = llvm::alignTo(
      std::max<int64_t>(llvm::divideCeil(problem.seq, wantedChunks),
                        4 * queryBlock),
      queryBlock);
  queryChunks = llvm::divideCeil(problem.seq, queryChunk);
}

//===-- Register tile -----------------------------------------------------===//

AttentionTile
AttentionTiles::product(int64_t vectors, Index begin, Index end,
                        function_ref<Value(Index k, int64_t row)> left,
                        function_ref<Value(Index k, int64_t vector)> right) {
  AttentionTile tile{vectors, {}};
  tile.sums.assign(schedule.tileRows * vectors, e.constant(0.0f));
  tile.sums =
      e.loop(begin, end, 1, tile.sums, [&](Value k, ValueRange carried) {
        AttentionTile next{vectors, llvm::to_vector(carried)};
        SmallVector<Value> columns;
        for (int64_t v = 0; v < vectors; ++v)
          columns.push_back(right(k, v));
        for (int64_t row = 0; row < schedule.tileRows; ++row) {
          Value element = e.broadcast(left(k, row));
          for (int64_t v = 0; v < vectors; ++v)
            next.at(row, v) = e.fma(element, columns[v], next.at(row, v));
        }
        return next.sums;
      });
  return tile;
}

void AttentionTiles::forDepth(
    function_ref<void(Index column, int64_t vectors)> body) {
  int64_t whole = schedule.depth / schedule.tileColumns * schedule.tileColumns;
  if (whole)
    e.loop(0, whole, schedule.tileColumns,
           [&](Value column) { body(column, schedule.tileVectors); });
  if (int64_t rest = schedule.depth - whole)
    body(whole, rest / schedule.lanes);
}

void AttentionTiles::addTo(Value to, AttentionTile &tile, Index row,
                           Index column) {
  for (int64_t i = 0; i < schedule.tileRows; ++i)
    for (int64_t v = 0; v < tile.vectors; ++v) {
      Index at[] = {e.add(row, i), e.add(column, v * schedule.lanes)};
      e.store(e.addf(e.load(to, at), tile.at(i, v)), to, at);
    }
}

//===-- Mask --------------------------------------------------------------===//

Index AttentionTiles::visibleKeys(Index query) {
  if (!problem.causal)
    return problem.seq;
  return e.min(e.add(query, 1), problem.seq);
}

void AttentionTiles::mask(AttentionTile &scores, Index query, Index key) {
  bool neverPartial =
      !problem.causal && problem.seq % schedule.tileColumns == 0;
  if (neverPartial)
    return;

  auto maskAll = [&] {
    AttentionTile masked = scores;
    Value hidden = e.constant(-std::numeric_limits<float>::infinity());
    for (int64_t row = 0; row < schedule.tileRows; ++row) {
      Index visible = e.sub(visibleKeys(e.add(query, row)), key);
      for (int64_t v = 0; v < scores.vectors; ++v) {
        Value lanes = e.firstLanes(e.sub(visible, v * schedule.lanes));
        masked.at(row, v) = e.select(lanes, scores.at(row, v), hidden);
      }
    }
    return masked.sums;
  };
  // The first row sees the fewest keys.
  scores.sums = e.ifLess(visibleKeys(query), e.add(key, schedule.tileColumns),
                         maskAll, scores.sums);
}
