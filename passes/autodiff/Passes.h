//===----------------------------------------------------------------------===//
// Stage `train`: the programs of a training binary.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_AUTODIFF_PASSES_H
#define FLM_PASSES_AUTODIFF_PASSES_H

#include "dialects/flm/Flm.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm {

#define GEN_PASS_DECL
#include "passes/autodiff/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/autodiff/Passes.h.inc"

void buildTrainStage(mlir::OpPassManager &pm,
                     const BuildProgramsOptions &options = {});

/// Attaches the gradient rules of all ops; BuildPrograms needs them.
void registerGradientRules(mlir::DialectRegistry &registry);

} // namespace flm

#endif // FLM_PASSES_AUTODIFF_PASSES_H
