//===----------------------------------------------------------------------===//
// Shrinks a spec, or the dump of a stage, to the least that still makes a test
// script succeed (exit with 1): mlir-reduce with the flm dialect and passes.
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
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  flm::registerFLMAutodiffPasses();
  flm::registerFLMContractsPasses();
  flm::registerFLMFusionPasses();
  flm::registerFLMGraphPasses();
  flm::registerFLMHostPasses();
  flm::registerFLMMupPasses();
  flm::registerFLMPlanPasses();
  flm::registerFLMShardingPasses();
  flm::cpu::registerFlmCpuPasses();
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<flm::FlmDialect>();
  flm::registerGradientRules(registry);
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
