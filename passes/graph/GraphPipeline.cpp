//===----------------------------------------------------------------------===//
// Stage `graph`.
//===----------------------------------------------------------------------===//
#include "passes/graph/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildGraphPipeline(mlir::OpPassManager &pm,
                             const InstantiateModelOptions &options) {
  pm.addPass(createInstantiateModel(options));
}
