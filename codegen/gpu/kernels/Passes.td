//===----------------------------------------------------------------------===//
// Kernels by their description, for tools and tests.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_PASSES_TD
#define FLM_CODEGEN_GPU_KERNELS_PASSES_TD

include "mlir/Pass/PassBase.td"

def BuildKernelPass : Pass<"flm-build-kernel", "::mlir::ModuleOp"> {
  let summary = "Write one GPU kernel into the module";
  let description = [{
    Appends a `gpu.module` with the kernel that `kernel`, an attribute,
    describes. What it prints is the builder's IR; `--flm-lower-to-nvvm` brings
    it to the LLVM and NVVM dialects, `flm-translate --flm-gpu-to-ptx` to PTX,
    `flm-emulate` runs it.

    ```sh
    echo | flm-opt --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = bf16>"'
    ```
  }];
  let options = [
    Option<"kernel", "kernel", "std::string", /*default=*/"",
           "The kernel's description, e.g. a #flm_gpu.gemm">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::scf::SCFDialect", "::flm::gpu::FlmGpuDialect"
  ];
}

#endif // FLM_CODEGEN_GPU_KERNELS_PASSES_TD
