//===----------------------------------------------------------------------===//
// Text as the description of a GPU kernel: refused with an error, or built into
// a kernel that verifies.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/Passes.h"
#include "test/fuzz/CompilerInput.h"
#include "tools/guards/Nesting.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StringRef text(reinterpret_cast<const char *>(data), size);
  if (flm::nestingError(text))
    return 0;
  MLIRContext &context = flm::fuzz::contextForInput();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  flm::gpu::BuildKernelPassOptions options;
  options.kernel = text.str();
  PassManager pm(&context);
  pm.addPass(flm::gpu::createBuildKernelPass(options));
  (void)pm.run(*module);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t most, unsigned seed) {
  return flm::fuzz::mutateInput(data, size, most, seed);
}
