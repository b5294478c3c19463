//===----------------------------------------------------------------------===//
// Stage `fuse`.
//===----------------------------------------------------------------------===//
#include "passes/fusion/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildFuseStage(mlir::OpPassManager &pm) {
  pm.nest<ProgramOp>().addPass(createFuseAccumulation());
}
