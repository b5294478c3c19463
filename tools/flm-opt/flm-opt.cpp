//===----------------------------------------------------------------------===//
// mlir-opt with the flm dialect and passes.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Passes.h"
#include "codegen/host/Passes.h"
#include "codegen/plan/Passes.h"
#include "dialects/flm/Flm.h"
#include "passes/autodiff/Passes.h"
#include "passes/contracts/Passes.h"
#include "passes/fusion/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/mup/Passes.h"
#include "passes/sharding/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllPasses();
  registry.insert<flm::FlmDialect>();
  flm::registerGradientRules(registry);
  flm::registerShardingRules(registry);
  flm::cpu::registerFlmCpuPasses();
  flm::registerFLMAutodiffPasses();
  flm::registerFLMContractsPasses();
  flm::registerFLMFusionPasses();
  flm::registerFLMGraphPasses();
  flm::registerFLMHostPasses();
  flm::registerFLMMupPasses();
  flm::registerFLMPlanPasses();
  flm::registerFLMShardingPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "flm optimizer driver\n", registry));
}
