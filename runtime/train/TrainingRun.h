//===----------------------------------------------------------------------===//
// One run of a training binary: restore, train, evaluate, save, generate.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_TRAININGRUN_H
#define FLM_RUNTIME_TRAIN_TRAININGRUN_H

#include "runtime/checkpoint/CheckpointStore.h"
#include "runtime/data/Tokenizer.h"
#include "runtime/train/CommandLine.h"
#include "runtime/train/CompiledProgram.h"
#include "runtime/train/Evaluation.h"
#include "runtime/train/MetricsLog.h"
#include "runtime/train/ProgramManifest.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace flmrt {

class TrainingRun {
public:
  /// Opens the files, maps the memory and sets the parameters: whatever can
  /// fail because of the user fails here, as a UserError.
  TrainingRun(const ProgramManifest &manifest, const Options &options);

  /// Trains and generates. Returns the exit status of the process: 0, or
  /// 128 + the signal that interrupted it (a checkpoint is written first).
  int execute();

private:
  CheckpointManifest describeRun() const;
  void restore();
  bool train();
  void trainOneStep();
  void evaluateIfDue();
  void probeIfDue();
  void saveCheckpoint();
  void printSpeed(double seconds) const;
  bool isLastStep() const { return step >= options.recipe.steps; }

  const ProgramManifest &manifest;
  const Options &options;
  std::optional<CheckpointStore> store;
  std::optional<TokenFile> dataFile;
  std::optional<BatchSource> data;
  std::optional<Evaluation> evaluation;
  std::unique_ptr<Tokenizer> tokenizer;
  std::optional<CompiledProgram> program;
  MetricsLog log;

  std::vector<int32_t> tokens, targets; ///< of a global batch
  int64_t firstStep = 0;                ///< steps done when this run began
  int64_t step = 0;                     ///< optimizer steps done
  int64_t savedStep = -1;               ///< of the newest checkpoint
};

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_TRAININGRUN_H
