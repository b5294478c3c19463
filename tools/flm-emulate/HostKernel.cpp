//===----------------------------------------------------------------------===//
// From a kernel's module to code in this process.
//===----------------------------------------------------------------------===//
#include "tools/flm-emulate/HostKernel.h"
#include "codegen/binary/ObjectEmitter.h"
#include "codegen/gpu/emulator/Passes.h"
#include "codegen/gpu/emulator/runtime/Emulator.h"
#include "dialects/flm_gpu/DescribeKernel.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace flm::gpu;

FailureOr<flm::gpuref::KernelDescription> flm::gpu::findKernel(ModuleOp module,
                                                               StringRef name) {
  LLVM::LLVMFuncOp found;
  LogicalResult unique = success();
  module.walk([&](LLVM::LLVMFuncOp function) {
    if (!function->hasAttr(launchAttrName) ||
        (!name.empty() && function.getSymName() != name))
      return;
    if (found)
      unique = function.emitError("is the second kernel; choose one with "
                                  "--kernel=NAME");
    found = function;
  });
  if (failed(unique))
    return failure();
  if (!found)
    return module.emitError()
           << "has no kernel" << (name.empty() ? "" : " '" + name.str() + "'")
           << " with a '" << launchAttrName
           << "' attribute; expected kernels as flm-build-kernel writes them";

  FailureOr<llvm::json::Object> description = describeKernel(found);
  if (failed(description))
    return failure();
  std::string text, error;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(*description));
  auto kernel = gpuref::KernelDescription::parse(text, error);
  if (!kernel)
    return found.emitError("description of the kernel ") << error;
  return *kernel;
}

llvm::Expected<HostKernel> HostKernel::compile(ModuleOp module,
                                               StringRef name) {
  PassManager passes(module.getContext());
  buildEmulationPipeline(passes);
  if (mlir::failed(passes.run(module)))
    return llvm::createStringError("the kernel can not be emulated; see the "
                                   "diagnostics above");

  flm::binary::EmitOptions options;
  options.optLevel = 1; // compiling takes longer than running
  auto object = flm::binary::emit(module, flm::cpu::hostTarget(),
                                  flm::binary::EmitKind::Object, options);
  if (!object)
    return object.takeError();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();

  llvm::orc::SymbolMap runtime;
  for (const emu::EntryPoint &entry : emu::entryPoints())
    runtime[(*jit)->mangleAndIntern(entry.name)] = {
        llvm::orc::ExecutorAddr::fromPtr(entry.address),
        llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  if (llvm::Error error = (*jit)->getMainJITDylib().define(
          llvm::orc::absoluteSymbols(std::move(runtime))))
    return error;
  StringRef bytes(object->data(), object->size());
  if (llvm::Error error = (*jit)->addObjectFile(
          llvm::MemoryBuffer::getMemBufferCopy(bytes, "kernel.o")))
    return error;
  auto address = (*jit)->lookup((name + emulatedSuffix).str());
  if (!address)
    return address.takeError();
  return HostKernel(std::move(*jit), address->toPtr<Entry>());
}
