//===----------------------------------------------------------------------===//
// What forward and backward attention share: the schedule, the register tile
// that does all five matrix products, and the mask.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_ATTENTIONTILES_H
#define FLM_CODEGEN_CPU_ATTENTIONTILES_H

#include "codegen/cpu/Attention.h"
#include "codegen/cpu/AttentionBuilder.h"

namespace flm::cpu {

/// Sizes of tiles and blocks, a function of the problem and the target alone.
struct AttentionSchedule {
  AttentionSchedule(const AttentionProblem &problem, const CpuTarget &target);

  int64_t lanes;
  /// The register tile: tileRows x (tileVectors * lanes) sums.
  int64_t tileRows;
  int64_t tileVectors;
  int64_t tileColumns;
  /// Keys per block, a multiple of tileRows and tileColumns; queries per block,
  /// a multiple of tileRows.
  int64_t keyBlock;
  int64_t queryBlock;
  /// headDim rounded up to whole vectors: the row length of packed buffers.
  int64_t depth;
  /// Queries per forward task, and how many tasks that makes of one head.
  int64_t queryChunk;
  int64_t queryChunks;
};

/// The accumulators of one register tile, vectors of a row side by side.
struct AttentionTile {
  int64_t vectors;
  AttentionBuilder::Values sums;

  mlir::Value &at(int64_t row, int64_t vector) {
    return sums[row * vectors + vector];
  }
};

class AttentionTiles {
public:
  AttentionTiles(AttentionBuilder &builder, const AttentionProblem &problem,
                 const AttentionSchedule &schedule)
      : b(builder), problem(problem), schedule(schedule) {}

  /// sum over i in [begin, end) of left(i, row) * right(i, vector), for
  /// tileRows rows and `vectors` vectors. `left` gives a scalar.
  AttentionTile
  product(int64_t vectors, Index begin, Index end,
          llvm::function_ref<mlir::Value(Index i, int64_t row)> left,
          llvm::function_ref<mlir::Value(Index i, int64_t vector)> right);

  /// Products of tileRows rows, from `row` of a packed buffer, with the
  /// tileColumns transposed rows of a panel.
  AttentionTile dotRows(mlir::Value rows, Index row, mlir::Value panels,
                        Index panel);

  /// One past the last key that `query` sees.
  Index visibleKeys(Index query);

  /// Of the block of queries that starts with `query`, the first row of a tile
  /// in which some row sees `key`.
  Index firstRowThatSees(Index key, Index query);

  /// Sets the scores of invisible keys to -inf. The tile's first row is `query`
  /// and its first column is `key`.
  void mask(AttentionTile &scores, Index query, Index key);

  /// Calls `body` for each tile along the depth with its first column and its
  /// number of vectors, which is below tileVectors for the last tile only.
  void forDepth(llvm::function_ref<void(Index column, int64_t vectors)> body);

  /// to[row + i, column + …] += tile row i.
  void addTo(mlir::Value to, AttentionTile &tile, Index row, Index column);

private:
  AttentionBuilder &b;
  const AttentionProblem &problem;
  const AttentionSchedule &schedule;
};

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ATTENTIONTILES_H
