//===----------------------------------------------------------------------===//
// What every description of a kernel says.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_KERNELINTERFACE_TD
#define FLM_DIALECTS_FLM_GPU_KERNELINTERFACE_TD

include "dialects/flm_gpu/KernelCall.td"

def KernelAttrInterface : AttrInterface<"KernelAttrInterface"> {
  let cppNamespace = "::flm::gpu";
  let description = [{
    An attribute that describes a kernel completely: what it computes and how it
    is scheduled, e.g. `#flm_gpu.gemm`. `flm-build-kernel` takes one, and a kernel
    carries its own as `flm_gpu.kernel`.
  }];
  let methods = [
    InterfaceMethod<"The kernel's name, e.g. `gemm_tn_bf16_f32_acc`.",
                    "std::string", "symbolName">,
    InterfaceMethod<[{
      The oldest GPU that the kernel runs on; none while that is left open (a
      GEMM without a schedule). Kernels for sm_80 run on everything newer.
    }], "std::optional<::flm::gpu::Arch>", "targetArch">,
    InterfaceMethod<[{
      What the kernel computes, for whoever checks it without MLIR
      (codegen/gpu/reference): "kind" and the parameters that change the result,
      not the schedule. Empty if that can not be said: a caller's function is part
      of it.
    }], "::llvm::json::Object", "problem">,
  ];
}

/// An attribute that describes a kernel; it declares the interface's methods.
class FlmGpuKernelAttr<string name, string attrMnemonic>
    : AttrDef<FlmGpuDialect, name,
              [DeclareAttrInterfaceMethods<KernelAttrInterface>]> {
  let mnemonic = attrMnemonic;
}

#endif // FLM_DIALECTS_FLM_GPU_KERNELINTERFACE_TD
