//===----------------------------------------------------------------------===//
// Writing beside and renaming; finding, verifying and reading back.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/CheckpointStore.h"

#include "runtime/UserError.h"
#include "runtime/checkpoint/FiniteCheck.h"
#include "runtime/device/Arena.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

using namespace flmrt;
namespace fs = std::filesystem;

static const char *const modelFile = "model.safetensors";
static const char *const optimizerFile = "optimizer.safetensors";
static const char *const configFile = "config.json";
static const char *const manifestFile = "manifest.json";
static const char *const latestFile = "latest";
/// Begins the name of everything that may be incomplete.
static const std::string temporaryPrefix = ".tmp-";

static std::string nameOf(int64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "step_%08lld", static_cast<long long>(step));
  return name;
}

static std::optional<int64_t> stepOf(const std::string &name) {
  long long step = -1;
  int length = 0;
  if (std::sscanf(name.c_str(), "step_%lld%n", &step, &length) != 1 ||
      step < 0 || nameOf(step) != name)
    return std::nullopt;
  return step;
}

CheckpointStore::CheckpointStore(std::string directory, int64_t keep,
                                 std::string config)
    : directory(std::move(directory)), keep(keep), config(std::move(config)) {}

std::string CheckpointStore::directoryOf(int64_t step) const {
  return directory + "/" + nameOf(step);
}

void CheckpointStore::prepare() {
  createDirectories(directory);
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (const fs::directory_entry &entry :
       fs::directory_iterator(directory, error))
    if (entry.path().filename().string().rfind(temporaryPrefix, 0) == 0)
      leftovers.push_back(entry.path());
  for (const fs::path &path : leftovers)
    fs::remove_all(path, error);
  if (error)
    throw UserError("cannot tidy the directory " + directory + ": " +
                    error.message());
}

std::vector<int64_t> CheckpointStore::steps() const {
  std::vector<int64_t> found;
  std::error_code error;
  for (const fs::directory_entry &entry :
       fs::directory_iterator(directory, error))
    if (std::optional<int64_t> step = stepOf(entry.path().filename().string()))
      found.push_back(*step);
  std::sort(found.begin(), found.end());
  return found;
}

//===-- Before the first step ---------------------------------------------===//

uint64_t flmrt::bytesOf(const CheckpointTensors &tensors) {
  uint64_t bytes = 0;
  for (const std::vector<Tensor> *list :
       {&tensors.parameters, &tensors.moments})
    for (const Tensor &tensor : *list)
      bytes += static_cast<uint64_t>(tensor.elements()) * 4;
  return bytes;
}

std::string flmrt::describeSpace(const std::string &directory, uint64_t free,
                                 uint64_t needed) {
  if (free / 2 >= needed)
    return "";
  auto text = [](uint64_t bytes) {
    return formatBytes(static_cast<int64_t>(bytes));
  };
  return "the disk of " + directory + " has " + text(free) +
         " left; a checkpoint takes " + text(needed) +
         ", and while one is written the one before it stays: free some space "
         "before the first one is due";
}

void CheckpointStore::rehearse(
    const CheckpointManifest &manifest, const CheckpointTensors &tensors,
    const std::function<void(const std::string &)> &warn) const {
  // Every step's names are as long as these.
  std::string name = temporaryPrefix + nameOf(manifest.step);
  std::string folder = directory + "/" + name;
  std::string renamed = directory + "/" + temporaryPrefix + "old-rehearsal";
  std::error_code error;
  fs::remove_all(renamed, error);
  createDirectories(folder);
  for (const char *file : {modelFile, optimizerFile})
    FileWriter(folder + "/" + file).finish();
  writeTextFile(folder + "/" + configFile, config);
  writeTextFile(folder + "/" + manifestFile, manifest.toText());
  renamePath(folder, renamed);
  syncDirectory(directory);
  fs::remove_all(renamed, error);
  if (error)
    throw UserError("cannot remove a file from " + directory + ": " +
                    error.message());
  fs::space_info space = fs::space(directory, error);
  std::string warning =
      error ? "" : describeSpace(directory, space.available, bytesOf(tensors));
  if (!warning.empty())
    warn(warning);
}

//===-- Writing -----------------------------------------------------------===//

void CheckpointStore::write(CheckpointManifest manifest,
                            const CheckpointTensors &tensors,
                            const WholeTensor &whole) {
  std::string name = nameOf(manifest.step);
  std::string target = directory + "/" + name;
  std::string temporary = directory + "/" + temporaryPrefix + name;
  std::error_code ignored;
  fs::remove_all(temporary, ignored);
  createDirectories(temporary);
  try {
    manifest.files = {
        {modelFile, writeSafetensors(temporary + "/" + modelFile,
                                     tensors.parameters, whole)},
        {optimizerFile, writeSafetensors(temporary + "/" + optimizerFile,
                                         tensors.moments, whole)}};
    writeTextFile(temporary + "/" + configFile, config);
    writeTextFile(temporary + "/" + manifestFile, manifest.toText());
    syncDirectory(temporary);
  } catch (...) {
    // On a full disk the half-written files are in the way of everyone.
    fs::remove_all(temporary, ignored);
    throw;
  }
  // There is one already where a damaged checkpoint made the run start from an
  // earlier step; a directory cannot be renamed over it.
  if (fs::exists(target, ignored))
    discard(name);
  renamePath(temporary, target);
  syncDirectory(directory);
  settle(manifest.step);
}

void CheckpointStore::settle(int64_t newest) {
  std::string path = directory + "/" + latestFile, text = nameOf(newest) + "\n";
  std::error_code ignored;
  constexpr uint64_t longest = 64;
  bool isRight = fs::is_regular_file(path, ignored) &&
                 fs::file_size(path, ignored) < longest &&
                 readTextFile(path, longest) == text;
  if (!isRight)
    replaceTextFile(path, text);
  removeOlderThan(newest);
}

void CheckpointStore::removeOlderThan(int64_t newest) {
  if (keep == 0)
    return;
  std::vector<int64_t> older;
  for (int64_t step : steps())
    if (step < newest)
      older.push_back(step);
  // The newest one counts as kept.
  for (int64_t i = 0; i + keep - 1 < static_cast<int64_t>(older.size()); ++i)
    discard(nameOf(older[static_cast<size_t>(i)]));
}

/// Removes a checkpoint such that it is never seen half-removed.
void CheckpointStore::discard(const std::string &name) {
  std::string temporary = directory + "/" + temporaryPrefix + "old-" + name;
  std::error_code ignored;
  fs::remove_all(temporary, ignored);
  renamePath(directory + "/" + name, temporary);
  fs::remove_all(temporary, ignored);
}

//===-- Reading -----------------------------------------------------------===//

/// Throws UserError unless `file` has this checksum and, from `dataBegin` on, a
/// multiple of 4, finite numbers.
static void verifyContents(const FileReader &file, uint32_t expected,
                           uint64_t dataBegin) {
  Crc32 crc;
  bool isFinite = true;
  file.forEachPiece([&](uint64_t offset, const char *data, uint64_t count) {
    crc.update(data, count);
    uint64_t skip = std::min(count, dataBegin - std::min(dataBegin, offset));
    isFinite =
        isFinite && areFinite(reinterpret_cast<const float *>(data + skip),
                              static_cast<int64_t>((count - skip) / 4));
  });
  if (crc.value() != expected)
    throw UserError(file.path() + ": the CRC-32 of the contents differs from "
                                  "the manifest's: the file is damaged");
  if (!isFinite)
    throw UserError(file.path() + ": holds values that are not finite: "
                                  "training had diverged");
}

/// Throws UserError unless every file is what the manifest says, and finite.
CheckpointManifest CheckpointStore::verify(int64_t step) const {
  std::string folder = directoryOf(step) + "/";
  std::string path = folder + manifestFile;
  constexpr uint64_t largestManifest = uint64_t(16) << 20;
  CheckpointManifest manifest =
      CheckpointManifest::fromText(readTextFile(path, largestManifest), path);
  if (manifest.step != step)
    throw UserError(path + ": belongs to step " +
                    std::to_string(manifest.step) + ", not to " +
                    std::to_string(step));
  for (const char *name : {modelFile, optimizerFile}) {
    auto stamp = manifest.files.find(name);
    if (stamp == manifest.files.end())
      throw UserError(path + ": says nothing about " + name);
    FileReader file(folder + name);
    if (file.size() != stamp->second.bytes)
      throw UserError(file.path() + ": " + std::to_string(file.size()) +
                      " bytes; expected " +
                      std::to_string(stamp->second.bytes) +
                      ": the file is truncated or foreign");
    // Ours begin their data at a multiple of 8.
    uint64_t headerBytes = 0;
    if (file.size() >= 8)
      file.readAt(0, &headerBytes, 8);
    verifyContents(file, stamp->second.crc32,
                   headerBytes % 8 ? file.size() : headerBytes + 8);
  }
  return manifest;
}

CheckpointManifest CheckpointStore::findLatest(
    const CheckpointManifest &run,
    const std::function<void(const std::string &)> &warn) const {
  std::vector<int64_t> candidates = steps();
  if (candidates.empty())
    throw UserError("there is no checkpoint in " + directory +
                    " to resume from; leave out --resume to start a new run");
  for (auto step = candidates.rbegin(); step != candidates.rend(); ++step) {
    CheckpointManifest manifest;
    try {
      manifest = verify(*step);
    } catch (const UserError &error) {
      warn(std::string(error.what()) + "; trying the checkpoint before it");
      continue;
    }
    std::vector<std::string> differences = manifest.differences(run);
    if (!differences.empty()) {
      std::string message = directoryOf(*step) +
                            " cannot be resumed, because it would not continue "
                            "the same run:";
      for (const std::string &difference : differences)
        message += "\n  " + difference;
      throw UserError(message);
    }
    return manifest;
  }
  throw UserError("none of the " + std::to_string(candidates.size()) +
                  " checkpoints in " + directory + " is intact");
}

void CheckpointStore::read(int64_t step,
                           const CheckpointTensors &tensors) const {
  std::string folder = directoryOf(step) + "/";
  SafetensorsFile model(folder + modelFile);
  SafetensorsFile optimizer(folder + optimizerFile);
  optimizer.requireExactly(tensors.moments, StoredTypes::F32Only);
  model.readInto(tensors.device, tensors.parameters, StoredTypes::F32Only);
  optimizer.readInto(tensors.device, tensors.moments, StoredTypes::F32Only);
}
