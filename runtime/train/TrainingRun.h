//===----------------------------------------------------------------------===//
// One run of a training binary: restore, train, evaluate, save, generate.
//
// Every rank has one and does the same at the same time. The root alone writes
// files; whatever depends on a clock, a signal or a file is agreed on.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_TRAININGRUN_H
#define FLM_RUNTIME_TRAIN_TRAININGRUN_H

#include "runtime/checkpoint/CheckpointStore.h"
#include "runtime/checkpoint/RunLock.h"
#include "runtime/comm/Communicator.h"
#include "runtime/comm/ProgramExchange.h"
#include "runtime/data/Tokenizer.h"
#include "runtime/train/CommandLine.h"
#include "runtime/train/CompiledProgram.h"
#include "runtime/train/Evaluation.h"
#include "runtime/train/MetricsLog.h"
#include "runtime/train/ProgramManifest.h"
#include "runtime/train/StepVolume.h"

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

namespace flmrt {

class TrainingRun {
public:
  /// Opens the files, maps the memory and sets the parameters: whatever can
  /// fail because of the user fails here, as a UserError.
  TrainingRun(const ProgramManifest &manifest, const Options &options,
              Communicator &communicator, ProgramExchange &exchange);

  /// Trains and generates. Returns the exit status of the process: 0, or
  /// 128 + the signal that interrupted any rank (a checkpoint is written
  /// first).
  int execute();

private:
  void requireSameRun();
  void prepareOutput();
  CheckpointManifest describeRun() const;
  CheckpointManifest readCheckpoint(const CheckpointManifest &run);
  void restore();
  bool train();
  void readTokens(int64_t ofStep);
  void trainOneStep();
  void evaluateIfDue();
  void probeIfDue();
  void saveIfDue();
  void requireFiniteState();
  void saveCheckpoint();
  [[noreturn]] void failDiverged(const std::string &what) const;
  void printSpeed(double seconds) const;
  void reportVolume();
  bool isInterrupted(std::exception_ptr failure = nullptr);
  void endAfterFailure();
  /// Tokens of a step, of all ranks.
  int64_t stepTokens() const { return manifest.globalBatch() * manifest.seq; }
  bool isLastStep() const { return step >= options.recipe.steps; }
  /// A look at a run that another process may be busy with: no file changes.
  bool isReadOnly() const {
    return options.resume && options.recipe.steps == 0;
  }

  const ProgramManifest &manifest;
  const Options &options;
  Communicator &communicator;
  ProgramExchange &exchange;
  std::optional<CheckpointStore> store;
  std::optional<RunLock> lock; ///< of the root
  std::optional<TokenFile> dataFile;
  std::string dataFingerprint;
  std::optional<BatchSource> data;
  std::optional<Evaluation> evaluation;
  std::unique_ptr<Tokenizer> tokenizer;
  std::optional<CompiledProgram> program;
  MetricsLog log; ///< of the root
  StepVolume volume;

  std::vector<int32_t> tokens, targets; ///< this rank's of a global batch
  int64_t firstStep = 0;                ///< steps done when this run began
  int64_t step = 0;                     ///< optimizer steps done
  int64_t savedStep = -1;               ///< of the newest checkpoint
  int stopSignal = 0;                   ///< that all ranks have agreed on
  bool hasFailed = false;               ///< reading data, on some rank
  std::exception_ptr failure;           ///< that of this rank
};

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_TRAININGRUN_H
