//===----------------------------------------------------------------------===//
// A GPU kernel compiled for the emulator.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLM_EMULATE_HOSTKERNEL_H
#define FLM_TOOLS_FLM_EMULATE_HOSTKERNEL_H

#include "codegen/gpu/reference/KernelDescription.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/Error.h"

namespace flm::gpu {

/// The only kernel of `module`, or the one called `name` if that is not empty.
/// Reports what is missing.
mlir::FailureOr<gpuref::KernelDescription> findKernel(mlir::ModuleOp module,
                                                      llvm::StringRef name);

/// Machine code in this process that calls the emulator's runtime.
class HostKernel {
public:
  /// Compiles `module` (it is consumed) and finds `name` in it.
  static llvm::Expected<HostKernel> compile(mlir::ModuleOp module,
                                            llvm::StringRef name);

  using Entry = void (*)(void **arguments);
  Entry entry() const { return function; }

private:
  HostKernel(std::unique_ptr<llvm::orc::LLJIT> jit, Entry function)
      : jit(std::move(jit)), function(function) {}

  std::unique_ptr<llvm::orc::LLJIT> jit;
  Entry function;
};

} // namespace flm::gpu

#endif // FLM_TOOLS_FLM_EMULATE_HOSTKERNEL_H
