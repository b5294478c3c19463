//===----------------------------------------------------------------------===//
// Packing: blocks of A and B in the order in which tiles read them.
//
// Lanes and rows beyond the matrix are zeros or what was there before; they
// meet no accumulator that is stored.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/GemmEmitter.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flm::cpu;

/// Rows of the inner dimension that are read together, across all panels: long
/// enough to stay in the cache lines read, short enough for their pages.
static constexpr int64_t rowsAtOnce = 8;

void GemmEmitter::packB(KBlock block, Index columnBegin, Index columnEnd) {
  if (problem.layout == GemmLayout::NT)
    packBTransposed(block, columnBegin, columnEnd);
  else
    packBRows(block, columnBegin, columnEnd);
}

/// B is [n, k]: square blocks are read along k and transposed in registers.
void GemmEmitter::packBTransposed(KBlock block, Index columnBegin,
                                  Index columnEnd) {
  forEachPanel(
      columnBegin, columnEnd, [&](Index column, Index panel, int64_t columns) {
        forEachKStep(block, lanes(), [&](Index offset, int64_t size) {
          for (int64_t first = 0; first < columns; first += lanes()) {
            SmallVector<Value> rows;
            for (int64_t i = 0; i < lanes(); ++i) {
              int64_t valid = first + i < columns ? size : 0;
              rows.push_back(
                  k.load(b, {column + (first + i), block.begin + offset},
                         lanes(), valid));
            }
            SmallVector<Value> transposed = k.transpose(rows);
            for (int64_t i = 0; i < size; ++i)
              k.store(transposed[i], bPanels,
                      {panel, offset + i, k.index(first)});
          }
        });
      });
}

/// B is [k, n]: rows are cut into panels. Several rows at a time go through all
/// panels, so that each row is read in one go.
void GemmEmitter::packBRows(KBlock block, Index columnBegin, Index columnEnd) {
  k.loop(k.index(0), block.size, rowsAtOnce, [&](Index rows) {
    Index rowsEnd = k.min(rows + rowsAtOnce, block.size);
    forEachPanel(
        columnBegin, columnEnd,
        [&](Index column, Index panel, int64_t columns) {
          k.loop(rows, rowsEnd, 1, [&](Index offset) {
            for (int64_t first = 0; first < columns; first += lanes()) {
              int64_t valid = std::min(lanes(), columns - first);
              Value row = k.load(b, {block.begin + offset, column + first},
                                 lanes(), valid);
              k.store(row, bPanels, {panel, offset, k.index(first)});
            }
          });
        });
  });
}

/// A is [k, m]: as packBRows, into panels of tileRows. A whole vector is read
/// where it fills whole panels: walking down a narrow column instead would
/// fetch each cache line several times.
void GemmEmitter::packA(KBlock block, Index rowBegin, Index rowEnd) {
  int64_t tileRows = schedule.tileRows;
  int64_t width = lanes() % tileRows == 0 ? lanes() : tileRows;
  int64_t remainder = problem.m % width;
  Index wholeEnd = k.index(problem.m - remainder);

  auto packColumns = [&](Index offset, Index row, int64_t valid) {
    Value values = k.load(a, {block.begin + offset, row}, width, valid);
    Index tile = (row - rowBegin) / tileRows;
    for (int64_t first = 0; first < valid; first += tileRows) {
      Value part = values;
      if (width != tileRows)
        part = vector::ExtractStridedSliceOp::create(
            k, values, ArrayRef<int64_t>{first}, ArrayRef<int64_t>{tileRows},
            ArrayRef<int64_t>{1});
      k.store(part, aPanels, {tile + first / tileRows, offset, k.index(0)});
    }
  };

  k.loop(k.index(0), block.size, rowsAtOnce, [&](Index rows) {
    Index rowsEnd = k.min(rows + rowsAtOnce, block.size);
    k.loop(rowBegin, k.min(rowEnd, wholeEnd), width, [&](Index row) {
      k.loop(rows, rowsEnd, 1,
             [&](Index offset) { packColumns(offset, row, width); });
    });
    if (remainder)
      k.ifThen(wholeEnd < rowEnd, [&] {
        k.loop(rows, rowsEnd, 1,
               [&](Index offset) { packColumns(offset, wholeEnd, remainder); });
      });
  });
}
