//===----------------------------------------------------------------------===//
// Text as a spec, compiled as far as host code: refused with an error, or every
// stage makes what the next one takes. It has one config, recipe and
// plan, so that none needs to be chosen.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/Passes.h"
#include "codegen/host/Passes.h"
#include "passes/autodiff/Passes.h"
#include "passes/fusion/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/mup/Passes.h"
#include "passes/sharding/Passes.h"
#include "test/fuzz/CompilerInput.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  MLIRContext &context = flm::fuzz::contextForInput();
  OwningOpRef<ModuleOp> module = flm::fuzz::parseModule(context, data, size);
  if (!module)
    return 0;
  PassManager pm(&context);
  flm::buildGraphStage(pm, {});
  flm::buildMupStage(pm);
  flm::buildTrainStage(pm, {});
  flm::buildShardStage(pm, {});
  flm::buildLocalStage(pm);
  flm::buildFuseStage(pm);
  flm::buildBuffersStage(pm, {});
  flm::buildKernelsStage(pm, {});
  (void)pm.run(*module);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t most, unsigned seed) {
  return flm::fuzz::mutateInput(data, size, most, seed);
}
