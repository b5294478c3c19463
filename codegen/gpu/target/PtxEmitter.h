//===----------------------------------------------------------------------===//
// From a gpu.module in the LLVM and NVVM dialects to PTX.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_TARGET_PTXEMITTER_H
#define FLM_CODEGEN_GPU_TARGET_PTXEMITTER_H

#include "dialects/flm_gpu/FlmGpu.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

#include <string>

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace flm::gpu {

/// Makes the dialects of a kernel translatable; call on the context's registry
/// before emitting.
void registerDeviceTranslations(mlir::DialectRegistry &registry);

/// The arch that the kernels of `module` are scheduled for: the one that their
/// `flm_gpu.kernel` attributes agree on. Call before the lowering, which drops
/// them. Reports kernels that disagree or have none.
mlir::FailureOr<Arch> archOf(mlir::gpu::GPUModuleOp module);

enum class DeviceText {
  LLVM, ///< LLVM IR after optimisation
  PTX,
};

/// The optimised text of `module` (LLVM and NVVM dialects only), for `arch`.
/// Failures are reported at the module.
mlir::FailureOr<std::string> emitDeviceText(mlir::gpu::GPUModuleOp module,
                                            Arch arch, DeviceText kind);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_TARGET_PTXEMITTER_H
