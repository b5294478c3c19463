//===----------------------------------------------------------------------===//
// The flm_gpu dialect: what GPU kernels need beyond NVVM.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_FLMGPUDIALECT_TD
#define FLM_DIALECTS_FLM_GPU_FLMGPUDIALECT_TD

include "mlir/IR/OpBase.td"

def FlmGpuDialect : Dialect {
  let name = "flm_gpu";
  let cppNamespace = "::flm::gpu";
  let summary = "What GPU kernels need beyond the NVVM dialect";
  let description = [{
    Kernels are `llvm.func`s in a `gpu.module`, written in the `arith`, `scf`,
    `llvm` and `nvvm` dialects. This dialect adds the few device ops that NVVM
    lacks (`flm_gpu.wgmma` with registers as an operand, `flm_gpu.opaque`), the
    attributes that say how a kernel is called (`operand`, `tensor_map`,
    `launch`) and those that say what it computes and how it is scheduled (a
    `KernelAttrInterface`, e.g. `gemm`).
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
    void registerOps();
  }];
}

#endif // FLM_DIALECTS_FLM_GPU_FLMGPUDIALECT_TD
