//===----------------------------------------------------------------------===//
// Stage `local`.
//===----------------------------------------------------------------------===//
#include "passes/sharding/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildLocalPipeline(mlir::OpPassManager &pm) {
  pm.addPass(createLocalize());
}
