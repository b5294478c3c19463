//===----------------------------------------------------------------------===//
// Sums, maxima and the like over lanes of a warp.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_LANEREDUCTION_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_LANEREDUCTION_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

/// `combine` over groups of `lanes` neighbouring lanes (2, 4, … 32) of their
/// `value`s of 32 bits or f64, in each of them: a butterfly, so all get the
/// same bits. By whole warps.
mlir::Value
reduceLanes(DeviceBuilder &d, mlir::Value value, int64_t lanes,
            llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);

/// Their sum.
mlir::Value sumOverLanes(DeviceBuilder &d, mlir::Value value, int64_t lanes);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_LANEREDUCTION_H
