//===----------------------------------------------------------------------===//
// Tiles of matrices in shared memory: how copies lay them out, how wgmma and
// fragments address them.
//
// Every tile is made of *boxes*: [rows][128 bytes], written by one TMA copy
// with the 128-byte swizzle. A box begins at a multiple of 1024 bytes; within
// it, the 16-byte chunk c of row r lies at
//
//   r * 128 + ((c ^ (r % 8)) * 16)
//
// so that eight rows of one chunk column touch all banks. Boxes of a tile that
// is wider than 128 bytes follow each other.
//
// One image serves wgmma in both ways: contracting over the columns (K-major)
// or over the rows (MN-major, `transpose_a` / `transpose_b`); only the
// descriptor differs. So no operand is ever transposed in memory.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_SHAREDTILE_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_SHAREDTILE_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

#include <functional>

namespace flm::gpu {

/// Bytes of a row of a box, and the span of its swizzle.
inline constexpr int64_t boxRowBytes = 128;
/// Alignment of a box: eight rows, after which the swizzle repeats.
inline constexpr int64_t boxAlignment = 1024;
/// bf16 elements of a row of a box.
inline constexpr int64_t boxElements = boxRowBytes / 2;
/// The inner dim of one wgmma, in elements.
inline constexpr int64_t wgmmaDepth = 16;

/// The address (ptr<3>) of byte `byteInChunk` of a 16-byte chunk of a row of
/// the box at byte `offset`.
mlir::Value swizzledAddress(DeviceBuilder &d, I32 offset, I32 row, I32 chunk,
                            I32 byteInChunk);

/// Hands out shared memory, front to back.
class SharedPlan {
public:
  int64_t place(int64_t bytes, int64_t alignment);
  int64_t bytes() const { return used; }

private:
  int64_t used = 0;
};

/// A shared-memory descriptor of wgmma: 64 bits, of which only the low word (it
/// holds the address) changes. Kept as one register and a constant, so that a
/// step along the tile is one 32-bit addition.
class MatrixDescriptor {
public:
  MatrixDescriptor(DeviceBuilder &d, I32 low, int64_t high)
      : d(&d), low(low), high(high) {}
  /// The same operand `bytes` further (a multiple of 16).
  MatrixDescriptor operator+(int64_t bytes) const;
  MatrixDescriptor operator+(I32 bytes) const;
  /// The i64.
  mlir::Value value() const;

private:
  DeviceBuilder *d;
  I32 low;
  int64_t high;
};

/// A matrix within a tensor in global memory, as copies address it.
struct TensorMatrix {
  mlir::Value map; ///< the tensor map
  /// The coordinates of an element, outermost first.
  std::function<llvm::SmallVector<I32>(I32 row, I32 column)> coordinates;

  /// A tensor of two dims.
  static TensorMatrix whole(mlir::Value map);
};

/// The tile of one bf16 operand of a matrix multiplication: `outer` (m or n) by
/// `depth` (k).
struct OperandTile {
  int64_t outer = 0;
  int64_t depth = 0;
  /// The tensor is [outer, k] (false) or [k, outer] (true).
  bool transposed = false;

  int64_t bytes() const { return outer * depth * 2; }
  /// Rows of each of its boxes in shared memory.
  int64_t boxRows() const { return transposed ? depth : outer; }

  /// The rows of a box of a load that `slices` blocks share; it has boxElements
  /// columns.
  int64_t loadedRows(int64_t slices = 1) const {
    return transposed ? depth : outer / slices;
  }

  /// Copies slice `slice` of `slices` of the tile at [outerStart, depthStart]
  /// of the matrix to shared memory: the whole tile lies at byte `offset`, in
  /// every block of the cluster that `blocks` (an i16 mask) names, or in this
  /// block only where it is null. `barrier` learns of the bytes.
  void load(DeviceBuilder &d, const TensorMatrix &matrix, I32 offset,
            I32 outerStart, I32 depthStart, mlir::Value barrier, I32 slice,
            int64_t slices, mlir::Value blocks) const;

  /// The operand of wgmma at byte `offset` of shared memory, which is the tile
  /// or a multiple of 64 outer elements into it (see outerStep).
  MatrixDescriptor descriptor(DeviceBuilder &d, I32 offset) const;
  /// Bytes from the tile's start to `at` elements (a multiple of wgmmaDepth)
  /// into its inner dim.
  int64_t depthOffset(int64_t at) const {
    if (transposed)
      return at * boxRowBytes;
    return at / boxElements * outer * boxRowBytes + at % boxElements * 2;
  }
  /// Bytes from 64 outer elements to the next 64.
  int64_t outerStep() const {
    return transposed ? depth * boxRowBytes : 64 * boxRowBytes;
  }
};

/// A box of an output tile on its way to memory: 64 rows by 128 bytes, written
/// by one warpgroup from its fragments and stored by TMA.
struct OutputBox {
  mlir::Type type; ///< bf16 or f32

  static constexpr int64_t rows = 64;
  static constexpr int64_t bytes = rows * boxRowBytes;

  int64_t columns() const;

  /// Writes `values` (of a wgmma fragment, as flm_gpu.wgmma orders them, for
  /// this box's columns) to the box at byte `offset`; `thread` counts within
  /// the warpgroup.
  void write(DeviceBuilder &d, I32 offset, I32 thread,
             mlir::ValueRange values) const;
};

/// Stores (or, if `accumulate`, adds) the box at byte `offset` of shared memory
/// to [row, column] of the matrix. By one thread, which commits.
void storeBox(DeviceBuilder &d, const TensorMatrix &matrix, I32 offset, I32 row,
              I32 column, bool accumulate);
/// Ends a group of this thread's stores.
void commitStores(DeviceBuilder &d);
/// Waits until at most `pending` groups of this thread's stores still read
/// shared memory.
void waitForStores(DeviceBuilder &d, int64_t pending);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_SHAREDTILE_H
