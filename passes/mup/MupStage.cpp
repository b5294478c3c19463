//===----------------------------------------------------------------------===//
// Stage `mup`.
//===----------------------------------------------------------------------===//
#include "passes/mup/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildMupStage(mlir::OpPassManager &pm) {
  pm.addPass(createApplyMup());
}
