//===----------------------------------------------------------------------===//
// Stage `buffers`.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/Passes.h"
#include "passes/sharding/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildBuffersStage(mlir::OpPassManager &pm,
                            const AssignBuffersOptions &options) {
  // The buffers of a collective depend on when it is waited for, and that on
  // what stage `fuse` has moved.
  pm.addPass(createOverlapCollectives());
  // Starts were moved: still one order on all ranks?
  pm.addPass(createCheckCollectives());
  pm.addPass(createAssignBuffers(options));
  pm.addPass(createVerifyBuffers());
}
