//===----------------------------------------------------------------------===//
// The backward kernel of attention (FlashAttention-2, algorithm 2).
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionKernel.h"
#include "codegen/cpu/AttentionMath.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace flm::cpu;

namespace {

class BackwardKernel : AttentionKernel {
public:
  BackwardKernel(OpBuilder &builder, Location loc, StringRef symbol,
                 const AttentionProblem &problem, const CpuTarget &target)
      : AttentionKernel(
            builder, loc, symbol,
            {Rows, Rows, Rows, Rows, Rows, LogSumExp, Rows, Rows, Rows},
            problem, target) {}

  CpuKernel write();

private:
  void allocateBuffers();
  void packQueries();
  void rowConstants(Value row);
  void packKeyBlock(Value key, Index keys);
  void keyBlock(Value key, Index keys);
  void weightsAndTheirGradients(Value query, Index queries, Value key,
                                Index keys);
  void weightsTile(Value query, Value row, Value key, Value column);
  void accumulateKeysAndValues(Value query, Index queries, Value key,
                               Index keys);
  void accumulateQueries(Value query, Index queries, Value key, Index keys);

  Index firstRowThatSees(Index key, Value query);
  AttentionTile dotRows(Value rows, Index row, Value panels, Index panel);

  Value batch, head;
  HeadRows dOut, q, k, v, out, dQ, dK, dV;

  // Of all queries.
  Value queries;        // [seq][depth], times scale * log2(e)
  Value outGradients;   // [seq][depth]
  Value queryGradients; // [seq][depth], without the factor scale
  Value logSums;        // [seq]: lse * log2(e)
  Value deltas;         // [seq]: dOut . out

  // Of the block of keys.
  Value keys, values;                 // [keyBlock][depth]
  Value keyPanels, valuePanels;       // [panel][depth][tileColumns]
  Value keyGradients, valueGradients; // [keyBlock][depth]; keys: times log2(e)

  // Of the block of queries and the block of keys.
  Value weights;        // [queryBlock][keyBlock]: P
  Value scoreGradients; // [queryBlock][keyBlock]: dS
};

void BackwardKernel::allocateBuffers() {
  int64_t seq = llvm::alignTo(problem.seq, schedule.tileRows);
  queries = workspace.allocate({seq, schedule.depth});
  outGradients = workspace.allocate({seq, schedule.depth});
  queryGradients = workspace.allocate({seq, schedule.depth});
  logSums = workspace.allocate({seq});
  deltas = workspace.allocate({seq});

  for (Value *rows : {&keys, &values, &keyGradients, &valueGradients})
    *rows = workspace.allocate({schedule.keyBlock, schedule.depth});
  int64_t panels = schedule.keyBlock / schedule.tileColumns;
  for (Value *transposed : {&keyPanels, &valuePanels})
    *transposed =
        workspace.allocate({panels, schedule.depth, schedule.tileColumns});

  weights = workspace.allocate({schedule.queryBlock, schedule.keyBlock});
  scoreGradients = workspace.allocate({schedule.queryBlock, schedule.keyBlock});
}

CpuKernel BackwardKernel::write() {
  allocateBuffers();

  batch = e.index(e.div(task(), problem.heads));
  head = e.index(e.rem(task(), problem.heads));
  HeadRows *operands[] = {&dOut, &q, &k, &v, &out, nullptr, &dQ, &dK, &dV};
  for (auto [i, operand] : llvm::enumerate(operands))
    if (operand)
      *operand = rows(i, batch, head);

  packQueries();
  e.loop(0, problem.seq, schedule.keyBlock, [&](Value key) {
    keyBlock(key, e.min(e.sub(problem.seq, key), schedule.keyBlock));
  });
  float scale = 1.0 / std::sqrt(static_cast<double>(problem.headDim));
  packing.unpackRows(queryGradients, 0, problem.seq, dQ, 0, scale);
  return finish(problem.batch * problem.heads);
}

void BackwardKernel::packQueries() {
  int64_t padded = llvm::alignTo(problem.seq, schedule.tileRows);
  packing.packRows(q, 0, problem.seq, padded, queries, queryScale(problem));
  packing.packRows(dOut, 0, problem.seq, padded, outGradients);
  packing.zeroRows(queryGradients, 0, padded);
  e.loop(0, problem.seq, 1, [&](Value row) { rowConstants(row); });
  // Rows of padding have P = 2^0, dP = 0 and dS = 0: finite, and multiplied by
  // rows of zeros.
  Value zero = e.firstLane(e.constant(0.0f));
  e.loop(problem.seq, padded, 1, [&](Value row) {
    e.storeScalar(zero, logSums, {row});
    e.storeScalar(zero, deltas, {row});
  });
}

/// logSums[row] and deltas[row].
void BackwardKernel::rowConstants(Value row) {
  Value delta = packing.dotRows(out, row, outGradients, row);
  e.storeScalar(e.firstLane(delta), deltas, {row});
  Value lse = e.broadcast(e.loadScalar(argument(5), {batch, head, row}));
  Value logSum = e.mulf(lse, e.constant(log2OfE));
  e.storeScalar(e.firstLane(logSum), logSums, {row});
}

void BackwardKernel::packKeyBlock(Value key, Index count) {
  Index padded = e.roundUp(count, schedule.tileColumns);
  packing.packRows(k, key, count, padded, keys);
  packing.packRows(v, key, count, padded, values);
  e.loop(0, count, schedule.tileColumns, [&](Value row) {
    Index panel = e.div(row, schedule.tileColumns);
    packing.transposePanel(keys, row, keyPanels, panel);
    packing.transposePanel(values, row, valuePanels, panel);
  });
}

/// The gradients of keys and values [key, key + count), and what these keys add
/// to the gradients of all queries that see them.
void BackwardKernel::keyBlock(Value key, Index count) {
  packKeyBlock(key, count);
  packing.zeroRows(keyGradients, 0, schedule.keyBlock);
  packing.zeroRows(valueGradients, 0, schedule.keyBlock);

  Index first =
      problem.causal ? e.roundDown(key, schedule.queryBlock) : Index(0);
  e.loop(first, problem.seq, schedule.queryBlock, [&](Value query) {
    Index queries = e.min(e.sub(problem.seq, query), schedule.queryBlock);
    weightsAndTheirGradients(query, queries, key, count);
    accumulateKeysAndValues(query, queries, key, count);
    accumulateQueries(query, queries, key, count);
  });

  // The packed queries were multiplied by scale * log2(e).
  packing.unpackRows(keyGradients, 0, count, dK, key, logOf2);
  packing.unpackRows(valueGradients, 0, count, dV, key, 1.0f);
}

/// Of the block of queries, the first row of tiles with a row that sees `key`.
Index BackwardKernel::firstRowThatSees(Index key, Value query) {
  if (!problem.causal)
    return 0;
  return e.roundDown(e.max(e.sub(key, query), 0), schedule.tileRows);
}

void BackwardKernel::weightsAndTheirGradients(Value query, Index queries,
                                              Value key, Index keys) {
  e.loop(0, keys, schedule.tileColumns, [&](Value column) {
    Index first = firstRowThatSees(e.add(key, column), query);
    e.loop(first, queries, schedule.tileRows,
           [&](Value row) { weightsTile(query, row, key, column); });
  });
}

/// One tile of P = exp(S - lse) and of dS = P (dOut v^T - delta).
void BackwardKernel::weightsTile(Value query, Value row, Value key,
                                 Value column) {
  Index firstQuery = e.add(query, row), firstKey = e.add(key, column);
  Index panel = e.div(column, schedule.tileColumns);
  auto position = [&](int64_t i, int64_t vector) -> std::array<Index, 2> {
    return {e.add(row, i), e.add(column, vector * schedule.lanes)};
  };
  auto rowConstant = [&](Value of, int64_t i) {
    return e.broadcast(e.loadScalar(of, {e.add(firstQuery, i)}));
  };

  AttentionTile tile = dotRows(queries, firstQuery, keyPanels, panel);
  tiles.mask(tile, firstQuery, firstKey);
  for (int64_t i = 0; i < schedule.tileRows; ++i) {
    Value logSum = rowConstant(logSums, i);
    for (int64_t vector = 0; vector < tile.vectors; ++vector)
      e.store(emitExp2(e, e.subf(tile.at(i, vector), logSum)), weights,
              position(i, vector));
  }

  tile = dotRows(outGradients, firstQuery, valuePanels, panel);
  for (int64_t i = 0; i < schedule.tileRows; ++i) {
    Value delta = rowConstant(deltas, i);
    for (int64_t vector = 0; vector < tile.vectors; ++vector) {
      auto at = position(i, vector);
      Value difference = e.subf(tile.at(i, vector), delta);
      e.store(e.mulf(e.load(weights, at), difference), scoreGradients, at);
    }
  }
}

/// The products of tileRows packed rows with all keys of a panel.
AttentionTile BackwardKernel::dotRows(Value rows, Index row, Value panels,
                                      Index panel) {
  return tiles.product(
      schedule.tileVectors, 0, problem.headDim,
      [&](Index d, int64_t i) {
        return e.loadScalar(rows, {e.add(row, i), d});
      },
      [&](Index d, int64_t vector) {
        return e.load(panels, {panel, d, vector * schedule.lanes});
      });
}

/// valueGradients += P^T dOut, keyGradients += dS^T q.
void BackwardKernel::accumulateKeysAndValues(Value query, Index queries,
                                             Value key, Index keys) {
  auto accumulate = [&](Value factors, Value rows, Value sums, Value row,
                        Index column, int64_t vectors) {
    AttentionTile tile = tiles.product(
        vectors, firstRowThatSees(e.add(key, row), query), queries,
        [&](Index i, int64_t j) {
          return e.loadScalar(factors, {i, e.add(row, j)});
        },
        [&](Index i, int64_t vector) {
          return e.load(
              rows, {e.add(query, i), e.add(column, vector * schedule.lanes)});
        });
    tiles.addTo(sums, tile, row, column);
  };
  // Keys after the last query are seen by none.
  Index end = keys;
  if (problem.causal)
    end = e.min(end, e.sub(e.add(query, queries), key));
  tiles.forDepth([&](Index column, int64_t vectors) {
    e.loop(0, end, schedule.tileRows, [&](Value row) {
      accumulate(weights, outGradients, valueGradients, row, column, vectors);
      accumulate(scoreGradients, this->queries, keyGradients, row, column,
                 vectors);
    });
  });
}

/// queryGradients += dS k.
void BackwardKernel::accumulateQueries(Value query, Index queries, Value key,
                                       Index keys) {
  tiles.forDepth([&](Index column, int64_t vectors) {
    e.loop(firstRowThatSees(key, query), queries, schedule.tileRows,
           [&](Value row) {
             Index firstQuery = e.add(query, row);
             Index visible =
                 tiles.visibleKeys(e.add(firstQuery, schedule.tileRows - 1));
             AttentionTile tile = tiles.product(
                 vectors, 0, e.min(e.sub(visible, key), keys),
                 [&](Index j, int64_t i) {
                   return e.loadScalar(scoreGradients, {e.add(row, i), j});
                 },
                 [&](Index j, int64_t vector) {
                   return e.load(this->keys,
                                 {j, e.add(column, vector * schedule.lanes)});
                 });
             tiles.addTo(queryGradients, tile, firstQuery, column);
           });
  });
}

} // namespace

CpuKernel flm::cpu::buildAttentionBackward(OpBuilder &builder, Location loc,
                                           StringRef symbol,
                                           const AttentionProblem &problem,
                                           const CpuTarget &target) {
  if (failed(verifyAttention(loc, problem)))
    return {};
  return BackwardKernel(builder, loc, symbol, problem, target).write();
}
