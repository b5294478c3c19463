//===----------------------------------------------------------------------===//
// LLVM dialect -> LLVM IR -> the O-pipeline -> PTX, by LLVM's NVPTX backend.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/target/PtxEmitter.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Target/LLVM/ModuleToObject.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

void flm::gpu::registerDeviceTranslations(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
}

FailureOr<Arch> flm::gpu::archOf(mlir::gpu::GPUModuleOp module) {
  std::optional<Arch> found;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    auto kernel = function->getAttrOfType<KernelAttrInterface>(kernelAttrName);
    if (!kernel)
      continue;
    std::optional<Arch> arch = kernel.targetArch();
    if (!arch)
      return function.emitError("kernel has no schedule, so its arch is not "
                                "known");
    if (found && *found != *arch)
      return function.emitError()
             << "kernel for " << stringifyEnum(*arch) << " in a module for "
             << stringifyEnum(*found) << "; expected one module per arch";
    found = arch;
  }
  if (!found)
    return module.emitError()
           << "no kernel with a '" << kernelAttrName
           << "' attribute; expected kernels as flm-build-kernel writes them";
  return *found;
}

namespace {

/// Upstream's path from a gpu.module to an object, which here is text.
class DeviceTextEmitter : public LLVM::ModuleToObject {
public:
  DeviceTextEmitter(Operation &module, Arch arch, DeviceText kind)
      : ModuleToObject(module, "nvptx64-nvidia-cuda", stringifyEnum(arch),
                       features(arch), /*optLevel=*/3),
        kind(kind) {}

protected:
  /// The oldest PTX version that has what the kernels of the arch use: an older
  /// driver can then still assemble the text.
  static StringRef features(Arch arch) {
    return arch == Arch::SM80 ? "+ptx70" : "+ptx80";
  }

  FailureOr<SmallVector<char, 0>>
  moduleToObject(llvm::Module &llvmModule) override {
    SmallVector<char, 0> bytes;
    if (kind == DeviceText::LLVM) {
      llvm::raw_svector_ostream os(bytes);
      llvmModule.print(os, nullptr);
      return bytes;
    }
    FailureOr<llvm::TargetMachine *> machine = getOrCreateTargetMachine();
    if (failed(machine))
      return failure();
    FailureOr<SmallString<0>> text =
        translateModuleToISA(llvmModule, **machine,
                             [&] { return getOperation().emitError("PTX: "); });
    if (failed(text))
      return failure();
    bytes.append(text->begin(), text->end());
    return bytes;
  }

private:
  DeviceText kind;
};

} // namespace

FailureOr<std::string> flm::gpu::emitDeviceText(mlir::gpu::GPUModuleOp module,
                                                Arch arch, DeviceText kind) {
  LLVMInitializeNVPTXTarget();
  LLVMInitializeNVPTXTargetInfo();
  LLVMInitializeNVPTXTargetMC();
  LLVMInitializeNVPTXAsmPrinter();
  std::optional<SmallVector<char, 0>> bytes =
      DeviceTextEmitter(*module, arch, kind).run();
  if (!bytes)
    return module.emitError("the kernels could not be translated; see the "
                            "diagnostics above");
  return std::string(bytes->begin(), bytes->end());
}
