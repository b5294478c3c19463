//===----------------------------------------------------------------------===//
// The backward kernel of attention (FlashAttention-2, algorithm 2).
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionKernel.h"

#include "llvm/Support/MathExtras.h"

#include <array>

using namespace mlir;
using namespace flm::cpu;

namespace {

class BackwardKernel : AttentionKernel {
public:
  BackwardKernel(OpBuilder &builder, Location loc, StringRef symbol,
                 const AttentionProblem &problem, const CpuTarget &target);
  CpuKernel write();

private:
  void packQueries();
  void packKeysAndValues(Index key, Index count);
  void keyBlock(Index key, Index count);
  void weightsAndScoreGradients(Index query, Index count, Index key,
                                Index keyCount);
  void weightsTile(Index query, Index key, Index row, Index column);
  void scoreGradientsTile(Index query, Index row, Index column);
  void accumulateKeysAndValues(Index query, Index count, Index key,
                               Index keyCount);
  void accumulateQueries(Index query, Index count, Index key, Index keyCount);

  std::array<Index, 2> position(Index row, Index column, int64_t i,
                                int64_t vector) {
    return {row + i, column + vector * schedule.lanes};
  }

  Index batch, head;
  HeadRows dOut, q, k, v, out, dQ, dK, dV;
  Value lse;

  // Of all queries.
  Value queries;        // [seq][depth], times scale * log2(e)
  Value outGradients;   // [seq][depth]
  Value queryGradients; // [seq][depth], without the factor scale
  Value logSums;        // [seq]: lse * log2(e)
  Value deltas;         // [seq]: dOut . out

  // Of the block of keys.
  Value keys, values;           // [keyBlock][depth]
  Value keyPanels, valuePanels; // [panel][depth][tileColumns]: transposed
  Value keyGradients;           // [keyBlock][depth], times log2(e)
  Value valueGradients;         // [keyBlock][depth]

  // Of the block of queries and the block of keys.
  Value weights;        // [queryBlock][keyBlock]: P
  Value scoreGradients; // [queryBlock][keyBlock]: dS
};

} // namespace

BackwardKernel::BackwardKernel(OpBuilder &builder, Location loc,
                               StringRef symbol,
                               const AttentionProblem &problem,
                               const CpuTarget &target)
    : AttentionKernel(
          builder, loc, symbol,
          {Rows, Rows, Rows, Rows, Rows, LogSumExp, Rows, Rows, Rows}, problem,
          target),
      batch(task() / problem.heads), head(task() % problem.heads),
      dOut(rows(0, batch, head)), q(rows(1, batch, head)),
      k(rows(2, batch, head)), v(rows(3, batch, head)),
      out(rows(4, batch, head)), dQ(rows(6, batch, head)),
      dK(rows(7, batch, head)), dV(rows(8, batch, head)), lse(argument(5)) {
  int64_t seq = llvm::alignTo(problem.seq, schedule.tileRows);
  for (Value *ofQueries : {&queries, &outGradients, &queryGradients})
    *ofQueries = allocate({seq, schedule.depth});
  for (Value *ofQueries : {&logSums, &deltas})
    *ofQueries = allocate({seq});

  int64_t panels = schedule.keyBlock / schedule.tileColumns;
  for (Value *ofKeys : {&keys, &values, &keyGradients, &valueGradients})
    *ofKeys = allocate({schedule.keyBlock, schedule.depth});
  for (Value *transposed : {&keyPanels, &valuePanels})
    *transposed = allocate({panels, schedule.depth, schedule.tileColumns});

  for (Value *ofPairs : {&weights, &scoreGradients})
    *ofPairs = allocate({schedule.queryBlock, schedule.keyBlock});
}

CpuKernel BackwardKernel::write() {
  packQueries();
  Index seq = b.index(problem.seq);
  b.loop(seq, schedule.keyBlock, [&](Index key) {
    keyBlock(key, b.min(seq - key, schedule.keyBlock));
  });
  packing.unpackRows(queryGradients, seq, dQ, b.index(0), scale());
  return withTasks(problem.batch * problem.heads);
}

void BackwardKernel::packQueries() {
  Index zero = b.index(0), seq = b.index(problem.seq);
  Index padded = b.index(llvm::alignTo(problem.seq, schedule.tileRows));
  packing.packRows(q, zero, seq, padded, queries, queryScale());
  packing.packRows(dOut, zero, seq, padded, outGradients);
  packing.zeroRows(queryGradients, zero, padded);
  b.loop(seq, 1, [&](Index row) {
    b.storeScalar(packing.dotRows(out, outGradients, row), deltas, {row});
    Value logSum =
        b.mulf(b.loadSplat(lse, {batch, head, row}), b.splat(log2OfE));
    b.storeScalar(logSum, logSums, {row});
  });
  // Rows of padding have P = 2^0, dP = 0 and dS = 0: finite, and multiplied by
  // rows of zeros.
  b.loop(seq, padded, 1, [&](Index row) {
    b.storeScalar(b.splat(0.0f), deltas, {row});
    b.storeScalar(b.splat(0.0f), logSums, {row});
  });
}

void BackwardKernel::packKeysAndValues(Index key, Index count) {
  Index padded = b.roundUp(count, schedule.tileColumns);
  packing.packRows(k, key, count, padded, keys);
  packing.packRows(v, key, count, padded, values);
  b.loop(count, schedule.tileColumns, [&](Index row) {
    Index panel = row / schedule.tileColumns;
    packing.transposePanel(keys, row, keyPanels, panel);
    packing.transposePanel(values, row, valuePanels, panel);
  });
}

/// The gradients of keys and values [key, key + count), and what these keys add
/// to the gradients of all queries that see them.
void BackwardKernel::keyBlock(Index key, Index count) {
  packKeysAndValues(key, count);
  Index zero = b.index(0), end = b.index(schedule.keyBlock);
  packing.zeroRows(keyGradients, zero, end);
  packing.zeroRows(valueGradients, zero, end);

  Index seq = b.index(problem.seq);
  Index first = problem.causal ? b.roundDown(key, schedule.queryBlock) : zero;
  b.loop(first, seq, schedule.queryBlock, [&](Index query) {
    Index queryCount = b.min(seq - query, schedule.queryBlock);
    weightsAndScoreGradients(query, queryCount, key, count);
    accumulateKeysAndValues(query, queryCount, key, count);
    accumulateQueries(query, queryCount, key, count);
  });

  // The packed queries were multiplied by scale * log2(e).
  packing.unpackRows(keyGradients, count, dK, key, logOf2);
  packing.unpackRows(valueGradients, count, dV, key, 1.0f);
}

/// P and dS of all tiles with a visible key. What lies between the others is
/// never read.
void BackwardKernel::weightsAndScoreGradients(Index query, Index count,
                                              Index key, Index keyCount) {
  b.loop(keyCount, schedule.tileColumns, [&](Index column) {
    Index first = tiles.firstRowThatSees(key + column, query);
    b.loop(first, count, schedule.tileRows, [&](Index row) {
      weightsTile(query, key, row, column);
      scoreGradientsTile(query, row, column);
    });
  });
}

/// P = exp(S - lse)
void BackwardKernel::weightsTile(Index query, Index key, Index row,
                                 Index column) {
  AttentionTile tile = tiles.dotRows(queries, query + row, keyPanels,
                                     column / schedule.tileColumns);
  tiles.mask(tile, query + row, key + column);
  for (int64_t i = 0; i < schedule.tileRows; ++i) {
    Value logSum = b.loadSplat(logSums, {query + row + i});
    for (int64_t vector = 0; vector < tile.vectors; ++vector)
      b.store(b.exp2(b.subf(tile.at(i, vector), logSum)), weights,
              position(row, column, i, vector));
  }
}

/// dS = P (dOut v^T - delta)
void BackwardKernel::scoreGradientsTile(Index query, Index row, Index column) {
  AttentionTile tile = tiles.dotRows(outGradients, query + row, valuePanels,
                                     column / schedule.tileColumns);
  for (int64_t i = 0; i < schedule.tileRows; ++i) {
    Value delta = b.loadSplat(deltas, {query + row + i});
    for (int64_t vector = 0; vector < tile.vectors; ++vector) {
      auto at = position(row, column, i, vector);
      Value difference = b.subf(tile.at(i, vector), delta);
      b.store(b.mulf(b.load(weights, at), difference), scoreGradients, at);
    }
  }
}

/// valueGradients += P^T dOut, keyGradients += dS^T q.
void BackwardKernel::accumulateKeysAndValues(Index query, Index count,
                                             Index key, Index keyCount) {
  auto accumulate = [&](Value factors, Value rows, Value sums, Index row,
                        Index column, int64_t vectors) {
    Value window = b.window(factors, b.index(0), row, schedule.queryBlock,
                            schedule.tileRows);
    AttentionTile tile = tiles.product(
        vectors, tiles.firstRowThatSees(key + row, query), count,
        [&](Index i, int64_t j) {
          return b.loadScalar(window, {i, b.index(j)});
        },
        [&](Index i, int64_t vector) {
          return b.load(rows, {query + i, column + vector * schedule.lanes});
        });
    tiles.addTo(sums, tile, row, column);
  };
  // Keys after the last query are seen by none.
  Index end = problem.causal ? b.min(keyCount, query + count - key) : keyCount;
  tiles.forDepth([&](Index column, int64_t vectors) {
    b.loop(end, schedule.tileRows, [&](Index row) {
      accumulate(weights, outGradients, valueGradients, row, column, vectors);
      accumulate(scoreGradients, queries, keyGradients, row, column, vectors);
    });
  });
}

/// queryGradients += dS k.
void BackwardKernel::accumulateQueries(Index query, Index count, Index key,
                                       Index keyCount) {
  Index first = tiles.firstRowThatSees(key, query);
  tiles.forDepth([&](Index column, int64_t vectors) {
    b.loop(first, count, schedule.tileRows, [&](Index row) {
      Index visible = tiles.visibleKeys(query + row + (schedule.tileRows - 1));
      Value window = b.window(scoreGradients, row, b.index(0),
                              schedule.tileRows, schedule.keyBlock);
      AttentionTile tile = tiles.product(
          vectors, b.index(0), b.min(visible - key, keyCount),
          [&](Index j, int64_t i) {
            return b.loadScalar(window, {b.index(i), j});
          },
          [&](Index j, int64_t vector) {
            return b.load(keys, {j, column + vector * schedule.lanes});
          });
      tiles.addTo(queryGradients, tile, query + row, column);
    });
  });
}

CpuKernel flm::cpu::buildAttentionBackward(OpBuilder &builder, Location loc,
                                           StringRef symbol,
                                           const AttentionProblem &problem,
                                           const CpuTarget &target) {
  if (failed(verifyAttention(loc, problem)))
    return {};
  return BackwardKernel(builder, loc, symbol, problem, target).write();
}
