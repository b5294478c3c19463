//===----------------------------------------------------------------------===//
// All dialects and passes, for the tools that take any of them.
//===----------------------------------------------------------------------===//
#include "tools/registration/Registration.h"

#include "codegen/buffers/Passes.h"
#include "codegen/cpu/Passes.h"
#include "codegen/gpu/emulator/Passes.h"
#include "codegen/gpu/kernels/Passes.h"
#include "codegen/gpu/target/Passes.h"
#include "codegen/host/Passes.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm_gpu/FlmGpu.h"
#include "passes/autodiff/Passes.h"
#include "passes/contracts/Passes.h"
#include "passes/fusion/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/mup/Passes.h"
#include "passes/sharding/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllPasses.h"

void flm::registerAllDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  registry.insert<FlmDialect, gpu::FlmGpuDialect>();
  registerGradientRules(registry);
  registerShardingRules(registry);
}

void flm::registerAllPasses() {
  mlir::registerAllPasses();
  registerFLMAutodiffPasses();
  registerFLMContractsPasses();
  registerFLMFusionPasses();
  registerFLMGraphPasses();
  registerFLMHostPasses();
  registerFLMMupPasses();
  registerFLMBuffersPasses();
  registerFLMShardingPasses();
  cpu::registerFLMCpuPasses();
  gpu::registerFLMGpuEmulatorPasses();
  gpu::registerFLMGpuKernelsPasses();
  gpu::registerFLMGpuTargetPasses();
  gpu::registerTargetPipelines();
}
