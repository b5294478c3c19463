//===----------------------------------------------------------------------===//
// Kernels by their description, for tools and tests.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_PASSES_TD
#define FLM_CODEGEN_GPU_KERNELS_PASSES_TD

include "mlir/Pass/PassBase.td"

def BuildKernel : Pass<"flm-build-kernel", "::mlir::ModuleOp"> {
  let summary = "Write one GPU kernel into the module";
  let description = [{
    Appends a `gpu.module` with the kernel that `kernel`, an attribute,
    describes. What it prints is the builder's IR; `--flm-lower-to-nvvm` brings
    it to the LLVM and NVVM dialects, `flm-translate --flm-gpu-to-ptx` to PTX,
    `flm-emulate` runs it. Private functions of the module are epilogues that the
    kernel may name (`#flm_gpu.gemm_function`); they are removed.

    `flm-opt --flm-build-kernel='kernel="#flm_gpu.gemm<layout = nt, input = bf16, output = bf16>"' < /dev/null`
    prints
    ```mlir
    gpu.module @kernels {
      llvm.mlir.global external @shared() {addr_space = 3 : i32, ...}
      llvm.func @gemm_nt_bf16_bf16(%arg0: !llvm.ptr {flm_gpu.operand = ..., flm_gpu.tensor_map = ...}, ...)
          attributes {flm_gpu.launch = ..., nvvm.kernel, ...} {
        ...
      }
    }
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
