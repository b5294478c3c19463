//===----------------------------------------------------------------------===//
// Stage `shard`.
//===----------------------------------------------------------------------===//
#include "passes/sharding/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildShardPipeline(mlir::OpPassManager &pm) {
  pm.addPass(createCheckPlan());
  pm.addPass(createChunkNorms());
  pm.addPass(createAssignShardings());
  pm.addPass(createInsertReshards());
  // Last, when all reshards are in place.
  pm.addPass(createNumberReshards());
}
