//===----------------------------------------------------------------------===//
// Stage `shard`.
//===----------------------------------------------------------------------===//
#include "passes/sharding/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

void flm::buildShardStage(mlir::OpPassManager &pm,
                          const AssignShardingsOptions &options) {
  pm.addPass(createCheckPlan());
  pm.addPass(createChunkNorms());
  pm.addPass(createAssignShardings(options));
  pm.addPass(createInsertReshards());
  // Behind the reshards of the other axes, which it carries along; CSE joins
  // constants that it took apart and that lie at one place.
  pm.addPass(createPlaceStages());
  pm.nest<ProgramOp>().addPass(mlir::createCSEPass());
  // Last, when all reshards are in place.
  pm.addPass(createNumberReshards());
}
