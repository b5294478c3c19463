//===----------------------------------------------------------------------===//
// Stage `shard`.
//===----------------------------------------------------------------------===//
#include "passes/sharding/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildShardPipeline(mlir::OpPassManager &pm) {
  pm.addPass(createCheckPlan());
  pm.addPass(createChunkNorms());
}
