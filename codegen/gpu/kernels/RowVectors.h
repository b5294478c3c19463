//===----------------------------------------------------------------------===//
// Kernels that give each row of a matrix to one warp: lanes take 16 bytes at a
// time, in turn, so that a warp reads 512 bytes in a row.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_ROWVECTORS_H
#define FLM_CODEGEN_GPU_KERNELS_ROWVECTORS_H

#include "codegen/gpu/kernels/WideVectors.h"

namespace flm::gpu {

class RowVectors {
public:
  /// Rows of `columns` elements of `type`; a block has `warps` rows.
  RowVectors(DeviceBuilder &d, mlir::Type type, I32 columns, int64_t warps);

  /// The warp's row.
  I32 row() const { return rowIndex; }
  I32 lane() const { return laneIndex; }
  /// What is done with a vector.
  WideVectors &wide() { return vectors; }

  /// body(column, carried) for each of the lane's vectors.
  llvm::SmallVector<mlir::Value>
  forEach(mlir::ValueRange initial,
          llvm::function_ref<llvm::SmallVector<mlir::Value>(I32 column,
                                                            mlir::ValueRange)>
              body);
  void forEach(llvm::function_ref<void(I32 column)> body);

  /// The vector at [row, column] of a matrix of such rows (or at `column` of
  /// one row), in f32.
  mlir::Value load(mlir::Value pointer, I32 row, I32 column);
  mlir::Value load(mlir::Value pointer, I32 column) {
    return load(pointer, d.constant(0), column);
  }
  /// Stores what `WideVectors::round` gave.
  void store(mlir::Value rounded, mlir::Value pointer, I32 row, I32 column);

  /// The sum over the lanes of the warp, in all of them.
  mlir::Value sumOverWarp(mlir::Value value);

private:
  DeviceBuilder &d;
  mlir::Type type;
  I32 columns;
  WideVectors vectors;
  I32 rowIndex, laneIndex;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_ROWVECTORS_H
