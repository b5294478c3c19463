//===----------------------------------------------------------------------===//
// Matrix multiplication by one warp (ldmatrix, mma.sync), from tiles in shared
// memory.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_WARPMATRIX_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_WARPMATRIX_H

#include "codegen/gpu/kernels/device/SharedTile.h"

#include <array>

namespace flm::gpu {

/// A lane's part of 16 x 16 bf16 elements: four registers of two.
using Fragment = std::array<mlir::Value, 4>;

/// Which 8 x 8 quarter of the 16 x 16 elements register i holds (PTX ISA,
/// "Matrix fragments for mma.m16n8k16").
enum class FragmentOrder {
  RowsFirst,  ///< i % 2 chooses the rows: the left operand
  DepthFirst, ///< i % 2 chooses the inner dim: two right operands of 8 columns
};

/// The fragment of `tile` (at byte `offset` of shared memory) that begins at
/// [outer, depth].
Fragment loadFragment(DeviceBuilder &d, const OperandTile &tile, I32 offset,
                      I32 outer, int64_t depth, I32 lane, FragmentOrder order);

/// sums + left * the first (half 0) or second (1) 8 columns of `right`: four
/// values, rows lane / 4 and + 8, two columns each.
llvm::SmallVector<mlir::Value>
multiplyFragments(DeviceBuilder &d, const Fragment &left, const Fragment &right,
                  int64_t half, llvm::ArrayRef<mlir::Value> sums);

/// sums + left * right for one step of 16 of the inner dim, which begins at
/// `depth`: 16 rows per left fragment, `columns` columns of the tile `right`
/// (at byte `offset`) from `outer` on. Sums of 16 rows follow each other; among
/// them, element 4 * j + 2 * h + e is row lane / 4 + 8 * h, column 8 * j +
/// lane % 4 * 2 + e.
llvm::SmallVector<mlir::Value>
multiplyStep(DeviceBuilder &d, llvm::ArrayRef<Fragment> left,
             const OperandTile &right, I32 offset, I32 outer, int64_t columns,
             int64_t depth, I32 lane, llvm::ArrayRef<mlir::Value> sums);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_WARPMATRIX_H
