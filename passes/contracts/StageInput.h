//===----------------------------------------------------------------------===//
// What a stage promises to the next, and which stage's output a pass takes.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_CONTRACTS_STAGEINPUT_H
#define FLM_PASSES_CONTRACTS_STAGEINPUT_H

#include "passes/Stages.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <optional>

namespace flm {

/// The stage called `name`.
std::optional<Stage> stageNamed(llvm::StringRef name);
/// "spec, graph, ...".
std::string stageNames();

/// Checks what stage `reached` and those before it promise of `module` as a
/// whole: Passes.td has the list. Errors begin with "breaks the contract of".
mlir::LogicalResult verifyContract(mlir::ModuleOp module, Stage reached);

/// To be asked by a pass before it looks at `module`: it takes the output of
/// stage `first`, or of one up to `last`. What the module lacks of what `first`
/// promises, and what only a stage after `last` makes, is an error that names
/// the pass and the stage. A module need not be whole: what is there must fit.
mlir::LogicalResult verifyInput(mlir::ModuleOp module, const mlir::Pass &pass,
                                Stage first, Stage last);

} // namespace flm

#endif // FLM_PASSES_CONTRACTS_STAGEINPUT_H
