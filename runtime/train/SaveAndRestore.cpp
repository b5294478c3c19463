//===----------------------------------------------------------------------===//
// What a run needs of the disk between its beginning and its end: which run it
// is, where its state comes from, and where it goes.
//===----------------------------------------------------------------------===//
#include "runtime/train/TrainingRun.h"

#include "runtime/UserError.h"
#include "runtime/abi/Program.h"
#include "runtime/checkpoint/FiniteCheck.h"
#include "runtime/checkpoint/TensorGatherer.h"
#include "runtime/train/Console.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

using namespace flmrt;

/// Ranks that were started with different flags, or that see different files,
/// would wait for each other or train something that nobody asked for.
void TrainingRun::requireSameRun() {
  Options same = options;
  same.threads = 1; // by the machine
  std::string text = describeConfig(manifest, same);
  text += dataFingerprint;
  text += flm_manifest;
  auto checksum = static_cast<int64_t>(std::hash<std::string>()(text) >> 2);
  std::vector<int64_t> range =
      communicator.largest("the start of the run", {checksum, -checksum});
  if (range[0] != -range[1])
    throw UserError("the ranks do not run the same: their binaries, flags or "
                    "data files differ; start all of them with one mpirun");
}

void TrainingRun::prepareOutput() {
  auto requireNew = [&] {
    std::vector<int64_t> steps = store->steps();
    if (!options.resume && !steps.empty())
      throw UserError(options.out + " already holds a run (" +
                      store->directoryOf(steps.back()) +
                      "); continue it with --resume, or choose another --out");
    return steps.empty();
  };
  // A mistyped directory is not worth creating.
  if (requireNew() && options.resume)
    return;
  lock.emplace(options.out);
  // Another run may have begun and ended in between.
  requireNew();
  store->prepare();
}

CheckpointManifest TrainingRun::describeRun() const {
  CheckpointManifest run;
  run.model = manifest.model;
  run.config = manifest.config;
  run.dims = manifest.dims;
  run.recipe = effectiveRecipe(manifest, options.recipe);
  // How the batch is cut belongs to the plan and not to the state: what must
  // agree is the global batch.
  run.dims.erase("batch");
  for (const char *key :
       {"micro_batch", "micro_batches", "reduction_slots", "pipeline_chunks"})
    run.recipe.erase(key);
  run.step = step;
  run.seed = options.recipe.seed;
  if (dataFile) {
    run.dataFile = std::filesystem::path(options.data).filename().string();
    run.dataTokens = dataFile->size();
    run.dataFingerprint = dataFingerprint;
  }
  run.shuffle = options.shuffle;
  run.batch = manifest.globalBatch();
  run.seq = manifest.seq;
  return run;
}

/// The root finds and verifies it; every rank reads its own part.
CheckpointManifest TrainingRun::readCheckpoint(const CheckpointManifest &run) {
  // A run that is looked at while it is alive may remove what was found, and
  // then has newer ones.
  constexpr int mostTries = 20;
  for (int tries = 1;; ++tries) {
    const std::vector<int64_t> before = store->steps();
    try {
      std::string text;
      if (communicator.isRoot())
        text = store->findLatest(run, printWarning).toText();
      text = communicator.fromRoot("the search for a checkpoint",
                                   std::move(text), Patience::Files);
      CheckpointManifest found =
          CheckpointManifest::fromText(text, "the root's manifest");
      store->read(found.step, program->tensors());
      return found;
    } catch (const UserError &) {
      if (!isReadOnly() || communicator.ranks() > 1 || tries == mostTries ||
          store->steps() == before)
        throw;
    }
  }
}

/// Sets parameters, moments and step: from a checkpoint, a file, or the seed.
void TrainingRun::restore() {
  if (options.resume) {
    CheckpointManifest run = describeRun();
    CheckpointManifest saved = readCheckpoint(run);
    step = firstStep = savedStep = saved.step;
    if (communicator.isRoot() && !isReadOnly())
      store->settle(step);
    printLine("resumed from " + store->directoryOf(step));
    if (!isLastStep() && communicator.isRoot())
      for (const auto &[key, value] : run.recipe.items())
        if (saved.recipe.contains(key) && saved.recipe[key] != value)
          printWarning("recipe value '" + key + "' was " +
                       saved.recipe[key].dump() + " up to step " +
                       std::to_string(step) + " and is " + value.dump() +
                       " from now on");
    return;
  }
  if (options.init.empty())
    return program->initializeParameters(options.recipe.seed);
  const CheckpointTensors &tensors = program->tensors();
  SafetensorsFile(options.init)
      .readInto(tensors.device, tensors.parameters, StoredTypes::AnyFloat16);
  std::string culprit = firstNotFinite(tensors.device, tensors.parameters);
  if (!culprit.empty())
    throw UserError(options.init + ": tensor '" + culprit +
                    "' holds values that are not finite");
}

/// A step may end well and leave parameters behind that do not: its loss is
/// that before the update.
void TrainingRun::requireFiniteState() {
  const CheckpointTensors &tensors = program->tensors();
  std::string culprit = firstNotFinite(tensors.device, tensors.parameters);
  if (culprit.empty())
    culprit = firstNotFinite(tensors.device, tensors.moments);
  const int64_t rank =
      communicator.largest("the check of the parameters",
                           {culprit.empty() ? -1 : communicator.rank()})[0];
  if (rank >= 0)
    failDiverged("the state after step " + std::to_string(step) +
                 " is not finite (" +
                 (culprit.empty() ? "on rank " + std::to_string(rank)
                                  : "'" + culprit + "'") +
                 ")");
}

void TrainingRun::saveIfDue() {
  if (store && options.checkpointEvery && step != savedStep && step > 0 &&
      step % options.checkpointEvery == 0)
    saveCheckpoint();
}

void TrainingRun::saveCheckpoint() {
  using Clock = std::chrono::steady_clock;
  auto begin = Clock::now();
  requireFiniteState();
  TensorGatherer gatherer(communicator, program->tensors().device,
                          program->sharedTensors());
  if (communicator.isRoot()) {
    try {
      store->write(
          describeRun(), program->tensors(),
          [&](const Tensor &tensor) { return gatherer.whole(tensor.name); });
    } catch (...) {
      gatherer.finish(false);
      throw;
    }
    gatherer.finish(true);
  } else if (!gatherer.serve()) {
    throw FailedElsewhere();
  }
  savedStep = step;
  char time[32];
  std::snprintf(time, sizeof time, " (%.2f s)",
                std::chrono::duration<double>(Clock::now() - begin).count());
  printLine("checkpoint " + store->directoryOf(step) + time);
}
