//===----------------------------------------------------------------------===//
// How the threads of a grid share the vectors of a tensor.
//
// A flat tensor is cut into pieces, one per block. A thread takes `unrolled`
// vectors of its block's piece, each a block's width apart, so that
//
//   - a warp reads 512 bytes in a row,
//   - the loads of a thread do not depend on each other: enough bytes are on
//     their way to hide the latency of memory,
//   - only the last block asks what lies beyond the end, and only the last
//     vector of all is taken apart into elements.
//
// A matrix is cut into tiles of a warp's width: each warp of a block walks down
// rows of its own, `unrolled` of them. So what belongs to a column is read once
// per thread, and what belongs to a row is the same in a warp.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_VECTORWALK_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_VECTORWALK_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

class VectorWalk {
public:
  static constexpr int64_t threads = 256; ///< of a block
  static constexpr int64_t warps = threads / 32;

  /// Where a vector begins; a flat tensor is one row.
  struct Place {
    I32 row, column;
  };
  /// What is done with a thread's vectors of `width` elements: all loads should
  /// come before all stores.
  using Body =
      llvm::function_ref<void(llvm::ArrayRef<Place> places, int64_t width)>;

  VectorWalk(DeviceBuilder &d, int64_t width, int64_t unrolled)
      : d(d), width(width), unrolled(unrolled) {}

  /// The blocks that `forEach` needs for `elements`, and that `forEachInMatrix`
  /// needs for `rows` and `columns`: expressions in the kernel's i32 arguments.
  mlir::AffineExpr blocks(mlir::AffineExpr elements) const;
  std::array<mlir::AffineExpr, 2> blocks(mlir::AffineExpr rows,
                                         mlir::AffineExpr columns) const;

  /// Elements 0 to count - 1; the last ones of a count that is no multiple of
  /// `width` come one by one, with a width of 1. count < 2^31 - 2^16.
  void forEach(I32 count, Body body);
  /// All rows and columns; columns are a multiple of `width`.
  void forEachInMatrix(I32 rows, I32 columns, Body body);

private:
  int64_t blockElements() const { return threads * unrolled * width; }
  int64_t tileRows() const { return warps * unrolled; }
  int64_t tileColumns() const { return 32 * width; }

  DeviceBuilder &d;
  int64_t width, unrolled;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_VECTORWALK_H
