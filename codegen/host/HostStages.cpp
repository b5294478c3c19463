//===----------------------------------------------------------------------===//
// Stages `kernels` and `llvm`.
//===----------------------------------------------------------------------===//
#include "codegen/host/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildKernelsStage(mlir::OpPassManager &pm) {
  pm.addPass(createLowerPrograms());
}

void flm::buildLLVMStage(mlir::OpPassManager &pm) {
  pm.addPass(createLowerCommunication());
  pm.addPass(createLowerTarget());
}
