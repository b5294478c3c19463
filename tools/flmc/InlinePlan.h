//===----------------------------------------------------------------------===//
// A parallel plan that stands on the command line.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMC_INLINEPLAN_H
#define FLM_TOOLS_FLMC_INLINEPLAN_H

#include "tools/flmc/Options.h"

#include "mlir/IR/BuiltinOps.h"

namespace flmc {

/// Where --plan is `grid(dp = 2) {batch -> dp}` instead of a name, adds that
/// plan to `module` (as @command_line, of the model that is compiled) and
/// chooses it. Errors of its syntax are located in
/// the option's text, as `--plan:2:COLUMN`, others at `--plan:1:1`.
mlir::LogicalResult addInlinePlan(mlir::ModuleOp module, Options &options);

} // namespace flmc

#endif // FLM_TOOLS_FLMC_INLINEPLAN_H
