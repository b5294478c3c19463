//===----------------------------------------------------------------------===//
// Stage `mup`: maximal update parametrization.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_MUP_PASSES_H
#define FLM_PASSES_MUP_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace flm {

#define GEN_PASS_DECL
#include "passes/mup/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/mup/Passes.h.inc"

void buildMupStage(mlir::OpPassManager &pm);

/// Prints, for a module after `mup`, one line per parameter: role, init std,
/// learning rates, weight decay and eps with their multipliers applied, and the
/// rule; then the forward multipliers.
void printMupTable(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace flm

#endif // FLM_PASSES_MUP_PASSES_H
