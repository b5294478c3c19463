//===----------------------------------------------------------------------===//
// What the user asked for: the flags of a training binary.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_COMMANDLINE_H
#define FLM_RUNTIME_TRAIN_COMMANDLINE_H

#include "runtime/data/BatchSource.h"
#include "runtime/train/ProgramManifest.h"

#include <cstdint>
#include <optional>
#include <string>

namespace flmrt {

struct Options {
  // Data.
  std::string data;      ///< token file to train on
  std::string val;       ///< token file to evaluate on
  std::string tokenizer; ///< .tokenizer file for text
  std::string shuffle = "windows";
  // Run.
  std::string out; ///< directory of metrics and checkpoints
  bool resume = false;
  std::string init; ///< safetensors file with the first parameters
  int64_t threads = 1;
  double commTimeout = 600; ///< seconds
  // Evaluation and logging, in steps and micro-batches.
  int64_t logEvery = 1;
  int64_t evalEvery = 100;
  int64_t evalBatches = 20;
  int64_t probeEvery = 0;
  // Checkpoints.
  int64_t checkpointEvery = 1000;
  int64_t keep = 2;
  // Generation.
  std::optional<std::string> generate;
  int64_t generateTokens = 256;
  double temperature = 0.8;
  // Instead of a run.
  bool printConfig = false;
  /// The manifest's recipe with the user's overrides.
  Recipe recipe;

  Shuffle shuffleMode() const {
    return shuffle == "none" ? Shuffle::None : Shuffle::Windows;
  }
};

/// Parses the command line of a binary with this manifest. Returns nothing if
/// the user asked for --help or --version, which have been printed then. Throws
/// UserError.
std::optional<Options> parseCommandLine(int argc, const char *const *argv,
                                        const ProgramManifest &manifest);

/// Everything effective, as JSON: program, options and recipe.
std::string describeConfig(const ProgramManifest &manifest,
                           const Options &options);

/// The effective recipe as JSON: the manifest's values, overridden.
nlohmann::ordered_json effectiveRecipe(const ProgramManifest &manifest,
                                       const Recipe &recipe);

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_COMMANDLINE_H
