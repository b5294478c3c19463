//===----------------------------------------------------------------------===//
// A matrix product of one warpgroup: a chain of wgmma along the inner dim.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_WARPGROUPPRODUCT_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_WARPGROUPPRODUCT_H

#include "codegen/gpu/kernels/device/SharedTile.h"

namespace flm::gpu {

/// An operand in shared memory: where it begins, and how to step along its
/// inner dim.
struct SharedOperand {
  OperandTile tile;
  MatrixDescriptor start;

  /// The descriptor of the step at inner element `depth`, an i64.
  mlir::Value at(int64_t depth) const {
    return (start + tile.depthOffset(depth)).value();
  }
};

/// Issues D[64, n] = A B^T (+ sums) as one group, behind a fence called
/// `fenceName`, or behind that of the product before it if that is empty; n is
/// the outer size of `b`, the inner size that of its tile. A is in shared
/// memory or this thread's fragment of it, from packFragment. D may be used
/// after a wait that covers the group.
llvm::SmallVector<mlir::Value> issueProduct(DeviceBuilder &d,
                                            llvm::StringRef fenceName,
                                            const SharedOperand &a,
                                            const SharedOperand &b,
                                            mlir::ValueRange sums = {});
llvm::SmallVector<mlir::Value>
issueProduct(DeviceBuilder &d, llvm::StringRef fenceName, mlir::ValueRange a,
             const SharedOperand &b, mlir::ValueRange sums = {});

/// Waits until at most `pending` groups of this warpgroup still run.
void waitForProducts(DeviceBuilder &d, llvm::StringRef name, int64_t pending);

/// A fragment's elements, rounded to bf16 in pairs: a fragment of wgmma's
/// result is then one of its left operand, four registers per step of 16.
llvm::SmallVector<mlir::Value> packFragment(DeviceBuilder &d,
                                            mlir::ValueRange fragment);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_WARPGROUPPRODUCT_H
