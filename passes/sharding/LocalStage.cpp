//===----------------------------------------------------------------------===//
// Stage `local`.
//===----------------------------------------------------------------------===//
#include "passes/sharding/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildLocalStage(mlir::OpPassManager &pm) {
  // Axes nest: the pipeline's is the outermost.
  pm.addPass(createLocalizePipeline());
  pm.addPass(createLocalize());
  pm.addPass(createSchedulePipeline());
  pm.addPass(createCheckCollectives());
}
