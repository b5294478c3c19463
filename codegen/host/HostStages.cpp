//===----------------------------------------------------------------------===//
// Stages `kernels` and `llvm`.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/LowerToLLVM.h"
#include "codegen/host/Passes.h"

#include "mlir/Pass/PassManager.h"

void flm::buildKernelsStage(mlir::OpPassManager &pm,
                            const LowerProgramsOptions &options) {
  pm.addPass(createLowerPrograms(options));
}

void flm::buildLLVMStage(mlir::OpPassManager &pm,
                         const cpu::CpuTarget &target) {
  // Before the kernels become task entries, which these calls name.
  pm.addPass(createLowerLaunches());
  cpu::addLowerToLLVM(pm, target);
}
