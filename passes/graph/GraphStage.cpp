//===----------------------------------------------------------------------===//
// Stage `graph`.
//===----------------------------------------------------------------------===//
#include "passes/graph/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildGraphStage(mlir::OpPassManager &pm,
                          const InstantiateModelOptions &options) {
  pm.addPass(createInstantiateModel(options));
}
