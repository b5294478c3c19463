//===----------------------------------------------------------------------===//
// A loop that takes several steps at a time, so that their loads are under way
// together.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_DEVICE_BATCHEDLOOP_H
#define FLM_CODEGEN_GPU_KERNELS_DEVICE_BATCHEDLOOP_H

#include "codegen/gpu/kernels/device/DeviceBuilder.h"

namespace flm::gpu {

struct BatchedLoop {
  I32 from, to, step;
  int64_t batch;

  /// body(positions, carried): first with `batch` positions, as long as all of
  /// them are below `wholeTo` (not above `to`; it may be negative), then one by
  /// one. The result is what the last iteration returned.
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(
      llvm::ArrayRef<I32>, mlir::ValueRange)>;
  llvm::SmallVector<mlir::Value> run(DeviceBuilder &d, I32 wholeTo,
                                     mlir::ValueRange initial, Body body) const;
  llvm::SmallVector<mlir::Value> run(DeviceBuilder &d, mlir::ValueRange initial,
                                     Body body) const {
    return run(d, to, initial, body);
  }
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_DEVICE_BATCHEDLOOP_H
