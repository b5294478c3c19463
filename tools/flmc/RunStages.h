//===----------------------------------------------------------------------===//
// The path from a spec to a binary, stage by stage.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMC_RUNSTAGES_H
#define FLM_TOOLS_FLMC_RUNSTAGES_H

#include "tools/flmc/Options.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/Timing.h"

namespace flmc {

/// Runs the stages after `spec` up to `options.emit` (at most `llvm`) on
/// `module`, dumping after each and validating each pass where that is asked
/// for.
mlir::LogicalResult runStages(mlir::ModuleOp module, const Options &options,
                              mlir::TimingScope &timing);

/// Prints `module` as text, its ops one by one if the module itself says
/// nothing: that reads like the source and parses the same.
void printModule(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace flmc

#endif // FLM_TOOLS_FLMC_RUNSTAGES_H
