//===----------------------------------------------------------------------===//
// Stage `buffers`.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildBuffersStage(mlir::OpPassManager &pm,
                            const AssignBuffersOptions &options) {
  pm.addPass(createAssignBuffers(options));
  pm.addPass(createVerifyBuffers());
}
