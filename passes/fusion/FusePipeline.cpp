//===----------------------------------------------------------------------===//
// Stage `fuse`.
//===----------------------------------------------------------------------===//
#include "passes/fusion/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildFusePipeline(mlir::OpPassManager &pm) {
  pm.nest<ProgramOp>().addPass(createFuseAccumulation());
}
