//===----------------------------------------------------------------------===//
// manifest.json of a checkpoint: which run it belongs to, how far that run had
// come, and what the files beside it must look like.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_CHECKPOINT_CHECKPOINTMANIFEST_H
#define FLM_RUNTIME_CHECKPOINT_CHECKPOINTMANIFEST_H

#include "runtime/checkpoint/Safetensors.h"

#include "nlohmann/json.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace flmrt {

struct CheckpointManifest {
  /// Raised when a field changes meaning or a file changes its contents.
  static constexpr int64_t formatVersion = 1;

  std::string model;
  std::string config;
  nlohmann::ordered_json dims;   ///< sizes by name, for the reader
  nlohmann::ordered_json recipe; ///< effective values, for the reader
  int64_t step = 0;              ///< optimizer steps done
  uint64_t seed = 0;
  std::string dataFile; ///< name without folders; empty if there was none
  int64_t dataTokens = 0;
  std::string dataFingerprint; ///< TokenFile::fingerprint(); empty if unknown
  std::string shuffle;
  int64_t batch = 0; ///< B, sequences of a global batch
  int64_t seq = 0;   ///< T, tokens of a sequence
  std::map<std::string, FileStamp> files;

  /// JSON text that ends with a checksum of itself.
  std::string toText() const;

  /// Parses and checks `text`; `path` is for messages. Throws UserError.
  static CheckpointManifest fromText(const std::string &text,
                                     const std::string &path);

  /// What makes `run` a different run from the one of this checkpoint, so that
  /// resuming would not continue it: one "name: this, that" each.
  std::vector<std::string> differences(const CheckpointManifest &run) const;
};

} // namespace flmrt

#endif // FLM_RUNTIME_CHECKPOINT_CHECKPOINTMANIFEST_H
