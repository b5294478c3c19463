//===----------------------------------------------------------------------===//
// The training loop and what surrounds it.
//
// The state between two steps is exactly (parameters, moments, step): data
// order, schedule and bias correction are functions of the step. That is why a
// resumed run ends in the same bytes as an uninterrupted one.
//===----------------------------------------------------------------------===//
#include "runtime/train/TrainingRun.h"

#include "runtime/UserError.h"
#include "runtime/train/Console.h"
#include "runtime/train/Generation.h"
#include "runtime/train/Interrupt.h"
#include "runtime/train/ModelConfig.h"
#include "runtime/train/SideFile.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

using namespace flmrt;
using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

//===-- Setting up --------------------------------------------------------===//

TrainingRun::TrainingRun(const ProgramManifest &manifest,
                         const Options &options, Communicator &communicator,
                         ProgramExchange &exchange)
    : manifest(manifest), options(options), communicator(communicator),
      exchange(exchange), volume(manifest.distribution, exchange) {
  if (options.probeEvery && manifest.probes.empty())
    throw UserError("--probe-every: this binary was compiled without probes");
  // What the user says, else what flm-data says beside the data.
  std::string tokenizerName = options.tokenizer;
  auto note = [&](const SideFile &side) {
    if (tokenizerName.empty())
      tokenizerName = side.tokenizer;
  };
  if (!options.data.empty()) {
    dataFile = TokenFile::open(options.data, manifest.vocab);
    dataFingerprint = dataFile->fingerprint();
    data.emplace(*dataFile, manifest.seq, manifest.globalBatch(),
                 options.shuffleMode(), options.recipe.seed);
    note(SideFile::beside(options.data, *dataFile));
  }
  if (!options.val.empty()) {
    evaluation.emplace(options.val, options.evalBatches, manifest,
                       communicator.rank());
    note(evaluation->sideFile());
  }
  if (options.generate)
    tokenizer = openTokenizer(tokenizerName, manifest.vocab);
  requireSameRun();
  if (!options.out.empty()) {
    store.emplace(options.out, options.keep, modelConfig(manifest));
    if (communicator.isRoot() && !isReadOnly())
      prepareOutput();
  }
  program.emplace(manifest, static_cast<int>(options.threads),
                  communicator.rank());
  restore();
  if (step < options.recipe.steps && !data)
    throw UserError("--data is missing: the tokens to train on (--steps 0 does "
                    "not train)");
  if (lock)
    store->rehearse(describeRun(), program->tensors(), printWarning);
  if (!options.out.empty() && communicator.isRoot() && !isReadOnly())
    log = MetricsLog(options.out + "/metrics.jsonl", step,
                     isLastStep() && options.resume ? MetricsLog::Complete
                                                    : MetricsLog::Train);
}

//===-- The loop ----------------------------------------------------------===//

int TrainingRun::execute() {
  printHeader(manifest, options, firstStep, dataFile ? dataFile->size() : 0,
              exchange.stagingBytes());
  if (communicator.isRoot() && options.recipe.warmup > 0 &&
      options.recipe.warmup >= options.recipe.steps && !isLastStep())
    printWarning("the warm-up (" + std::to_string(options.recipe.warmup) +
                 " steps) is not shorter than the run (" +
                 std::to_string(options.recipe.steps) +
                 " steps); shorten it with --warmup");
  auto begin = Clock::now();
  bool finished = train();
  const bool hasNothingNew = hasFailed && step == firstStep;
  if (store && savedStep != step && !hasNothingNew)
    saveCheckpoint();
  endAfterFailure();
  if (step > firstStep) {
    printSpeed(secondsSince(begin));
    reportVolume();
  }
  if (finished && options.generate)
    generate(*program, manifest, *tokenizer, *options.generate,
             options.generateTokens, options.temperature, options.recipe.seed,
             communicator, [&] { return isInterrupted(); });
  if (!isInterrupted())
    return 0;
  printLine("interrupted by " + signalName(stopSignal) + " after step " +
            std::to_string(step) +
            (store ? "; continue with --resume" : "; nothing was saved"));
  return 128 + stopSignal;
}

/// Whether to stop between two steps, because a signal has asked any rank to or
/// because any rank cannot read its data; all ranks get the same answer.
bool TrainingRun::isInterrupted(std::exception_ptr newFailure) {
  if (newFailure && !failure)
    failure = newFailure;
  if (stopSignal == 0 && !hasFailed) {
    std::vector<int64_t> agreed =
        communicator.largest("the agreement between two steps",
                             {interruptSignal(), failure != nullptr});
    stopSignal = static_cast<int>(agreed[0]);
    hasFailed = agreed[1] != 0;
  }
  return stopSignal != 0 || hasFailed;
}

/// What was trained is saved by now; the rank that could not read says why.
void TrainingRun::endAfterFailure() {
  if (failure)
    std::rethrow_exception(failure);
  if (hasFailed)
    throw FailedElsewhere();
}

/// Returns false if a signal stopped it.
bool TrainingRun::train() {
  if (data) {
    tokens.resize(
        static_cast<size_t>(manifest.localStepBatch() * manifest.seq));
    targets.resize(tokens.size());
  }
  for (;;) {
    // First: what it finds wrong is not saved.
    evaluateIfDue();
    probeIfDue();
    // Also before the step: data that cannot be read cost nothing that was
    // trained.
    std::exception_ptr unreadable;
    if (!isLastStep()) {
      try {
        readTokens(step);
      } catch (const UserError &) {
        unreadable = std::current_exception();
      }
    }
    if (isInterrupted(unreadable))
      return false;
    saveIfDue();
    if (isLastStep())
      return true;
    trainOneStep();
  }
}

/// This rank's sequences of the global batch of a step.
void TrainingRun::readTokens(int64_t ofStep) {
  const int64_t count = manifest.localStepBatch();
  data->part(ofStep, manifest.batchIndex(communicator.rank()) * count, count,
             tokens.data(), targets.data());
}

void TrainingRun::trainOneStep() {
  auto begin = Clock::now();
  volume.beginStep();
  CompiledProgram::StepResult result = program->trainStep(
      tokens.data(), targets.data(), hyperAt(options.recipe, step + 1));
  volume.endStep();
  ++step;
  bool isFinite =
      std::isfinite(result.loss) && std::isfinite(result.gradientNorm);
  // The ranks should have the same numbers; in any case all stop or none.
  const int64_t culprit = communicator.largest(
      "the agreement after a step", {isFinite ? -1 : communicator.rank()})[0];
  if (culprit >= 0) {
    char values[64];
    if (isFinite)
      std::snprintf(values, sizeof values, "on rank %lld",
                    static_cast<long long>(culprit));
    else
      std::snprintf(values, sizeof values, "loss %g, gradient norm %g",
                    double(result.loss), double(result.gradientNorm));
    failDiverged("step " + std::to_string(step) + " is not finite (" + values +
                 ")");
  }
  StepMetrics metrics;
  metrics.step = step;
  metrics.loss = result.loss;
  metrics.gradientNorm = result.gradientNorm;
  metrics.lr = learningRate(options.recipe, step);
  double seconds = secondsSince(begin);
  metrics.milliseconds = seconds * 1e3;
  metrics.tokensPerSecond = double(stepTokens()) / seconds;
  log.logStep(metrics);
  if (options.logEvery && (step % options.logEvery == 0 || isLastStep()))
    printStep(metrics, options.recipe.steps);
}

void TrainingRun::failDiverged(const std::string &what) const {
  throw UserError(what + ": training has diverged; " +
                  (savedStep < 0 ? std::string("no checkpoint has been written")
                                 : "the last good checkpoint is " +
                                       store->directoryOf(savedStep)) +
                  "; try a lower --lr, a longer --warmup or a smaller --clip");
}

void TrainingRun::evaluateIfDue() {
  bool isDue =
      isLastStep() || (options.evalEvery && step % options.evalEvery == 0);
  if (!evaluation || !isDue)
    return;
  std::optional<double> loss =
      evaluation->run(*program, [&](std::exception_ptr unreadable) {
        return isInterrupted(unreadable);
      });
  if (loss && !std::isfinite(*loss))
    failDiverged("the validation loss after step " + std::to_string(step) +
                 " is not finite");
  if (loss) {
    log.logEvaluation(step, *loss, evaluation->bitsPerByte(*loss));
    printLine("val loss " + evaluation->describe(*loss));
  }
}

void TrainingRun::probeIfDue() {
  if (!options.probeEvery || !data || step % options.probeEvery != 0)
    return;
  // Always the same tokens, so that only the parameters make a difference.
  readTokens(0);
  log.logProbes(step, manifest.probes, program->probe(tokens.data()));
}

void TrainingRun::printSpeed(double seconds) const {
  double trained = double(step - firstStep) * double(stepTokens());
  char text[160];
  std::snprintf(text, sizeof text,
                "%lld steps in %.2f s, evaluation and checkpoints included: "
                "%.0f tok/s, %.1f GFLOP/s",
                static_cast<long long>(step - firstStep), seconds,
                trained / seconds,
                trained / seconds * manifest.flopsPerToken * 1e-9);
  printLine(text);
}

/// The compiler's prediction beside the runtime's count: of each rank in the
/// log, of all in one line.
void TrainingRun::reportVolume() {
  const auto ranks = static_cast<size_t>(communicator.ranks());
  if (ranks == 1)
    return;
  std::vector<int64_t> all = communicator.toRoot(
      "the count of bytes", {volume.measuredBytes(), volume.predictedBytes()});
  if (!communicator.isRoot())
    return;
  std::vector<int64_t> measured, predicted;
  for (size_t rank = 0; rank < ranks; ++rank) {
    measured.push_back(all[2 * rank]);
    predicted.push_back(all[2 * rank + 1]);
  }
  log.logBytesSent(step, measured, predicted);
  auto range = [](const std::vector<int64_t> &bytes) {
    auto [least, most] = std::minmax_element(bytes.begin(), bytes.end());
    return *least == *most
               ? std::to_string(*least)
               : std::to_string(*least) + " to " + std::to_string(*most);
  };
  printLine("bytes sent per step and rank: " + range(measured) + " measured, " +
            range(predicted) + " predicted");
}
