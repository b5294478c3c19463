//===----------------------------------------------------------------------===//
// The order in which persistent clusters walk the tiles of a matrix.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_LINEAR_TILEORDER_H
#define FLM_CODEGEN_GPU_KERNELS_LINEAR_TILEORDER_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

struct TilePosition {
  I32 row;    ///< in tiles
  I32 column; ///< in tiles
};

/// Walks `rows` x `columns` tiles down groups of `groupRows` rows, column after
/// column within a group: the tiles of one wave then share few rows and columns
/// of the operands, which stay in the L2 cache.
inline TilePosition groupedTile(DeviceBuilder &d, I32 index, I32 rows,
                                I32 columns, int64_t groupRows) {
  I32 perGroup = columns * groupRows;
  I32 firstRow = index / perGroup * groupRows;
  I32 rowsHere = d.min(rows - firstRow, d.constant(groupRows));
  I32 inGroup = index % perGroup;
  return {firstRow + inGroup % rowsHere, inGroup / rowsHere};
}

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_LINEAR_TILEORDER_H
