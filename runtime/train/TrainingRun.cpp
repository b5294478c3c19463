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
#include "runtime/train/SideFile.h"

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>

using namespace flmrt;
using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

//===-- Setting up --------------------------------------------------------===//

/// What the user says, else what flm-data says beside the data.
static std::string tokenizerName(const Options &options) {
  if (!options.tokenizer.empty())
    return options.tokenizer;
  for (const std::string &path : {options.data, options.val}) {
    std::string name = path.empty() ? "" : SideFile::beside(path).tokenizer;
    if (!name.empty())
      return name;
  }
  return "";
}

TrainingRun::TrainingRun(const ProgramManifest &manifest,
                         const Options &options)
    : manifest(manifest), options(options) {
  if (options.generate)
    tokenizer = openTokenizer(tokenizerName(options), manifest.vocab);
  if (options.probeEvery && manifest.probes.empty())
    throw UserError("--probe-every: this binary was compiled without probes");
  if (!options.data.empty()) {
    dataFile = TokenFile::open(options.data, manifest.vocab);
    data.emplace(*dataFile, manifest.seq, manifest.globalBatch(),
                 options.shuffleMode(), options.recipe.seed);
  }
  if (!options.val.empty())
    evaluation.emplace(options.val, options.evalBatches, manifest);
  if (!options.out.empty()) {
    store.emplace(options.out, options.keep);
    std::vector<int64_t> steps = store->steps();
    if (!options.resume && !steps.empty())
      throw UserError(options.out + " already holds a run (" +
                      store->directoryOf(steps.back()) +
                      "); continue it with --resume, or choose another --out");
    // A mistyped directory is not worth creating.
    if (!options.resume || !steps.empty())
      store->prepare();
  }
  program.emplace(manifest, static_cast<int>(options.threads));
  restore();
  if (step < options.recipe.steps && !data)
    throw UserError("--data is missing: the tokens to train on (--steps 0 does "
                    "not train)");
  if (!options.out.empty())
    log = MetricsLog(options.out + "/metrics.jsonl", step);
}

CheckpointManifest TrainingRun::describeRun() const {
  CheckpointManifest run;
  run.model = manifest.model;
  run.config = manifest.config;
  run.dims = manifest.dims;
  run.recipe = effectiveRecipe(manifest, options.recipe);
  run.step = step;
  run.seed = options.recipe.seed;
  if (dataFile) {
    run.dataFile = std::filesystem::path(options.data).filename().string();
    run.dataTokens = dataFile->size();
  }
  run.shuffle = options.shuffle;
  run.batch = manifest.globalBatch();
  run.seq = manifest.seq;
  return run;
}

/// Sets parameters, moments and step: from a checkpoint, a file, or the seed.
void TrainingRun::restore() {
  if (options.resume) {
    CheckpointManifest run = describeRun();
    CheckpointManifest saved =
        store->readLatest(run, program->tensors(), printWarning);
    step = firstStep = savedStep = saved.step;
    printLine("resumed from " + store->directoryOf(step));
    if (!isLastStep())
      for (const auto &[key, value] : run.recipe.items())
        if (saved.recipe.contains(key) && saved.recipe[key] != value)
          printWarning("recipe value '" + key + "' was " +
                       saved.recipe[key].dump() + " up to step " +
                       std::to_string(step) + " and is " + value.dump() +
                       " from now on");
    return;
  }
  if (!options.init.empty())
    SafetensorsFile(options.init)
        .readInto(program->tensors().parameters, StoredTypes::AnyFloat16);
  else
    program->initializeParameters(options.recipe.seed);
}

//===-- The loop ----------------------------------------------------------===//

int TrainingRun::execute() {
  printHeader(manifest, options, firstStep, dataFile ? dataFile->size() : 0);
  if (options.recipe.warmup > 0 &&
      options.recipe.warmup >= options.recipe.steps && !isLastStep())
    printWarning("the warm-up (" + std::to_string(options.recipe.warmup) +
                 " steps) is not shorter than the run (" +
                 std::to_string(options.recipe.steps) +
                 " steps); shorten it with --warmup");
  auto begin = Clock::now();
  bool finished = train();
  if (store && savedStep != step)
    saveCheckpoint();
  if (step > firstStep)
    printSpeed(secondsSince(begin));
  if (finished && options.generate)
    generate(*program, manifest, *tokenizer, *options.generate,
             options.generateTokens, options.temperature, options.recipe.seed);
  int signal = interruptSignal();
  if (!signal)
    return 0;
  printLine(std::string("interrupted by ") +
            (signal == SIGINT ? "SIGINT" : "SIGTERM") + " after step " +
            std::to_string(step) +
            (store ? "; continue with --resume" : "; nothing was saved"));
  return 128 + signal;
}

/// Returns false if a signal stopped it.
bool TrainingRun::train() {
  if (data) {
    tokens.resize(static_cast<size_t>(manifest.globalBatch() * manifest.seq));
    targets.resize(tokens.size());
  }
  for (;;) {
    evaluateIfDue();
    probeIfDue();
    if (interruptSignal())
      return false;
    if (isLastStep())
      return true;
    trainOneStep();
    bool isDue = options.checkpointEvery && step % options.checkpointEvery == 0;
    if (store && isDue)
      saveCheckpoint();
  }
}

void TrainingRun::trainOneStep() {
  auto begin = Clock::now();
  data->batch(step, tokens.data(), targets.data());
  CompiledProgram::StepResult result = program->trainStep(
      tokens.data(), targets.data(), hyperAt(options.recipe, step + 1));
  ++step;
  if (!std::isfinite(result.loss) || !std::isfinite(result.gradientNorm)) {
    char values[64];
    std::snprintf(values, sizeof values, "loss %g, gradient norm %g",
                  double(result.loss), double(result.gradientNorm));
    throw UserError(
        "step " + std::to_string(step) + " is not finite (" + values +
        "): training has diverged; " +
        (savedStep < 0
             ? std::string("no checkpoint has been written")
             : "the last good checkpoint is " + store->directoryOf(savedStep)) +
        "; try a lower --lr, a longer --warmup or a smaller --clip");
  }
  StepMetrics metrics;
  metrics.step = step;
  metrics.loss = result.loss;
  metrics.gradientNorm = result.gradientNorm;
  metrics.lr = learningRate(options.recipe, step);
  double seconds = secondsSince(begin);
  metrics.milliseconds = seconds * 1e3;
  metrics.tokensPerSecond = double(tokens.size()) / seconds;
  log.logStep(metrics);
  if (options.logEvery && (step % options.logEvery == 0 || isLastStep()))
    printStep(metrics, options.recipe.steps);
}

void TrainingRun::evaluateIfDue() {
  bool isDue =
      isLastStep() || (options.evalEvery && step % options.evalEvery == 0);
  if (!evaluation || !isDue)
    return;
  if (std::optional<double> loss = evaluation->run(*program)) {
    log.logEvaluation(step, *loss);
    printLine("val loss " + evaluation->describe(*loss));
  }
}

void TrainingRun::probeIfDue() {
  if (!options.probeEvery || !data || step % options.probeEvery != 0)
    return;
  // Always the same tokens, so that only the parameters make a difference.
  data->batch(0, tokens.data(), targets.data());
  log.logProbes(step, manifest.probes, program->probe(tokens.data()));
}

void TrainingRun::saveCheckpoint() {
  auto begin = Clock::now();
  store->write(describeRun(), program->tensors());
  savedStep = step;
  char time[32];
  std::snprintf(time, sizeof time, " (%.2f s)", secondsSince(begin));
  printLine("checkpoint " + store->directoryOf(step) + time);
}

void TrainingRun::printSpeed(double seconds) const {
  double trained = double(step - firstStep) * double(tokens.size());
  char text[160];
  std::snprintf(text, sizeof text,
                "%lld steps in %.2f s, evaluation and checkpoints included: "
                "%.0f tok/s, %.1f GFLOP/s",
                static_cast<long long>(step - firstStep), seconds,
                trained / seconds,
                trained / seconds * manifest.flopsPerToken * 1e-9);
  printLine(text);
}
