//===----------------------------------------------------------------------===//
// From kernels as their builders wrote them to the LLVM and NVVM dialects.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_TARGET_PASSES_TD
#define FLM_CODEGEN_GPU_TARGET_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerDeviceOps : Pass<"flm-lower-device-ops"> {
  let summary = "Write the flm_gpu ops as inline PTX";
  let description = [{
    `flm_gpu.wgmma` becomes one inline assembly with the accumulators tied to
    the results, so that ptxas sees registers that stay where they are;
    `flm_gpu.opaque` becomes a `mov`. The attributes that say how a kernel is
    called are dropped: what follows needs none.

    ```mlir
    %d:4 = flm_gpu.wgmma 8 %a, %b ...
    ```
    becomes
    ```mlir
    %s = llvm.inline_asm has_side_effects "... wgmma.mma_async...", "=f,=f,..." %a, %b
    %d0 = llvm.extractvalue %s[0]
    ...
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // FLM_CODEGEN_GPU_TARGET_PASSES_TD
