//===----------------------------------------------------------------------===//
// Copies of tiles between global and shared memory by the threads themselves,
// 16 bytes at a time: what TMA does on Hopper.
//
//   copy.load(tile, offset, matrix, outerStart, depthStart); // any number
//   commitLoads(d);                                          // are one group
//   ...
//   waitForLoads(d, pending); // this thread's, all but the last groups
//   blockBarrier(d);          // everybody's
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_TILECOPY_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_TILECOPY_H

#include "codegen/gpu/kernels/device/SharedTile.h"

namespace flm::gpu {

/// A matrix of bf16 in global memory. Its rows and their distance are whole
/// chunks of 16 bytes.
struct GlobalMatrix {
  mlir::Value pointer; ///< ptr<1>
  I32 rows, columns;   ///< in elements
  I32 pitch;           ///< elements from one row to the next

  /// Rows follow each other.
  static GlobalMatrix dense(mlir::Value pointer, I32 rows, I32 columns) {
    return {pointer, rows, columns, columns};
  }
};

/// The copies that a number of threads share.
class TileCopy {
public:
  /// What one thread copies at once.
  static constexpr int64_t chunkBytes = 16;

  /// `thread` counts to `threads`: a block's, or a warp's.
  TileCopy(DeviceBuilder &d, I32 thread, int64_t threads)
      : d(d), thread(thread), threads(threads) {}

  /// Begins to copy the tile at [outerStart, depthStart] of `matrix` to byte
  /// `offset` of shared memory (cp.async). What lies beyond the matrix is not
  /// read; zeros are written.
  void load(const OperandTile &tile, I32 offset, const GlobalMatrix &matrix,
            I32 outerStart, I32 depthStart);

  /// Begins to copy `bytes` bytes, whole chunks that follow each other, to byte
  /// `offset` of shared memory. `source` is the first chunk's address, aligned
  /// as it is.
  void loadBytes(mlir::Value source, I32 offset, int64_t bytes);

  /// Stores rows [row, row + rows) of the tile at byte `offset`, in whose image
  /// rows are outer elements, to `matrix`: from row `matrixRow` on, all
  /// columns. Nothing is written beyond the matrix.
  void store(const OperandTile &tile, I32 offset, I32 row, int64_t rows,
             const GlobalMatrix &matrix, I32 matrixRow);

private:
  /// Where a chunk of a tile is.
  struct Chunk {
    I32 box, row, column; ///< the column in chunks, within the box
  };
  /// visit(chunk) for each of this thread's chunks of `boxRows` x `boxes` rows.
  void forEachChunk(int64_t boxes, int64_t boxRows,
                    llvm::function_ref<void(Chunk)> visit);

  DeviceBuilder &d;
  I32 thread;
  int64_t threads;
};

/// Ends a group of this thread's loads.
void commitLoads(DeviceBuilder &d);
/// Waits until at most `pending` groups of this thread's loads have not
/// arrived.
void waitForLoads(DeviceBuilder &d, int64_t pending);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_TILECOPY_H
