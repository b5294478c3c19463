//===----------------------------------------------------------------------===//
// From kernels as their builders wrote them to the LLVM and NVVM dialects.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_TARGET_PASSES_H
#define FLM_CODEGEN_GPU_TARGET_PASSES_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm::gpu {

#define GEN_PASS_DECL
#include "codegen/gpu/target/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "codegen/gpu/target/Passes.h.inc"

/// Structured control flow and arithmetic become the LLVM dialect; the device
/// ops stay as they are. What both the GPU and the emulator begin with, on the
/// module around the gpu.module.
void addStructuredToLLVM(mlir::OpPassManager &pm);

/// Everything that a gpu.module needs before it is emitted as PTX. Runs on the
/// module around it.
void buildLowerToNvvmPipeline(mlir::OpPassManager &pm);

/// `flm-lower-to-nvvm`, the pipeline above.
void registerTargetPipelines();

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_TARGET_PASSES_H
