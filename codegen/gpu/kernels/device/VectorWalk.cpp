//===----------------------------------------------------------------------===//
// Blocks, rows and vectors of a thread.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/VectorWalk.h"

using namespace mlir;
using namespace flm::gpu;

AffineExpr VectorWalk::blocks(AffineExpr elements) const {
  return elements.ceilDiv(blockElements());
}

std::array<AffineExpr, 2> VectorWalk::blocks(AffineExpr rows,
                                             AffineExpr columns) const {
  return {rows.ceilDiv(tileRows()), columns.ceilDiv(tileColumns())};
}

void VectorWalk::forEach(I32 count, Body body) {
  I32 zero = d.constant(0);
  I32 begin = d.blockIndex() * blockElements();
  I32 first = begin + d.threadIndex() * width;
  int64_t step = threads * width;
  auto vectorOrElements = [&](I32 column) {
    d.ifThenElse(
        count < column + width,
        [&] {
          d.loop(column, count, d.constant(1),
                 [&](I32 element) { body(Place{zero, element}, /*width=*/1); });
        },
        [&] { body(Place{zero, column}, width); });
  };
  if (unrolled == 1)
    return vectorOrElements(first);
  d.ifThenElse(
      count < begin + blockElements(),
      [&] { d.loop(first, count, d.constant(step), vectorOrElements); },
      [&] {
        SmallVector<Place> places;
        for (int64_t i = 0; i < unrolled; ++i)
          places.push_back({zero, first + i * step});
        body(places, width);
      });
}

void VectorWalk::forEachInMatrix(I32 rows, I32 columns, Body body) {
  I32 tilesAcross = (columns + (tileColumns() - 1)) / tileColumns();
  I32 tileRow = d.blockIndex() / tilesAcross;
  I32 tileColumn = d.blockIndex() - tileRow * tilesAcross;
  I32 begin = tileRow * tileRows();
  I32 first = begin + d.warpUniform(d.threadIndex() >> 5);
  I32 column = tileColumn * tileColumns() + (d.threadIndex() & 31) * width;
  auto rowByRow = [&] {
    d.loop(first, rows, d.constant(warps),
           [&](I32 row) { body(Place{row, column}, width); });
  };
  auto wholeTile = [&] {
    SmallVector<Place> places;
    for (int64_t i = 0; i < unrolled; ++i)
      places.push_back({first + i * warps, column});
    body(places, width);
  };
  d.ifThen(column < columns, [&] {
    if (unrolled == 1)
      d.ifThen(first < rows, wholeTile);
    else
      d.ifThenElse(rows < begin + tileRows(), rowByRow, wholeTile);
  });
}
