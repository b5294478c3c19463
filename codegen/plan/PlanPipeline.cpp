//===----------------------------------------------------------------------===//
// Stage `plan`.
//===----------------------------------------------------------------------===//
#include "codegen/plan/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildPlanPipeline(mlir::OpPassManager &pm,
                            const AssignBuffersOptions &options) {
  pm.addPass(createAssignBuffers(options));
  pm.addPass(createVerifyBuffers());
}
