//===----------------------------------------------------------------------===//
// Stages `kernels` and `llvm`: host functions that launch kernels.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_PASSES_H
#define FLM_CODEGEN_HOST_PASSES_H

#include "codegen/cpu/CpuKernel.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm {

#define GEN_PASS_DECL
#include "codegen/host/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "codegen/host/Passes.h.inc"

void buildKernelsStage(mlir::OpPassManager &pm,
                       const LowerProgramsOptions &options);
void buildLLVMStage(mlir::OpPassManager &pm, const cpu::CpuTarget &target);

} // namespace flm

#endif // FLM_CODEGEN_HOST_PASSES_H
