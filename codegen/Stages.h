//===----------------------------------------------------------------------===//
// The path from a spec to the LLVM dialect, for every tool that takes it.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_STAGES_H
#define FLM_CODEGEN_STAGES_H

#include "passes/Stages.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace flm {

/// What is chosen on the path; each stage reads its own part.
struct StageOptions {
  // graph
  std::string config, recipe, plan;
  std::vector<std::string> overrides; ///< "hidden=512"
  // train
  bool probe = false; ///< make @probe
  // shard
  bool reasons = false; ///< write `flm.why`
  // buffers
  std::string target, cpu; ///< as flm-set-target takes them
  int64_t memoryLimit = 0; ///< bytes; 0 is no limit
};

/// Appends the passes of `stage` and the check of what it promises. `spec` has
/// none, and what `exe` does is no pass.
void addStage(mlir::OpPassManager &pm, Stage stage,
              const StageOptions &options = {});

/// The same for all stages from `first` to `last`.
void addStages(mlir::OpPassManager &pm, Stage first, Stage last,
               const StageOptions &options = {});

/// Makes each stage a pipeline of flm-opt: --flm-stage-graph='config=tiny'.
void registerStages();

} // namespace flm

#endif // FLM_CODEGEN_STAGES_H
