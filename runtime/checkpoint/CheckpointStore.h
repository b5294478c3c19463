//===----------------------------------------------------------------------===//
// The checkpoints of one run, in its output directory:
//
//   step_00001000/model.safetensors      parameters, Hugging Face names
//   step_00001000/optimizer.safetensors  exp_avg.<name>, exp_avg_sq.<name>
//   step_00001000/config.json            how other programs read them
//   step_00001000/manifest.json          see CheckpointManifest.h
//   latest                               name of the newest, for scripts
//
// A directory called step_* is complete: it is written under another name,
// brought to the disk, and renamed. A crash or a full disk at any moment leaves
// the earlier checkpoints as they were.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_CHECKPOINT_CHECKPOINTSTORE_H
#define FLM_RUNTIME_CHECKPOINT_CHECKPOINTSTORE_H

#include "runtime/checkpoint/CheckpointManifest.h"
#include "runtime/checkpoint/Safetensors.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace flmrt {

/// Where a checkpoint's tensors live in memory.
struct CheckpointTensors {
  ProgramDevice &device; ///< in whose state they are
  std::vector<Tensor> parameters;
  std::vector<Tensor> moments; ///< exp_avg.* and exp_avg_sq.*
};

/// The bytes of their values in a checkpoint.
uint64_t bytesOf(const CheckpointTensors &tensors);

/// What there is to say of a disk with `free` bytes under `directory`, to which
/// checkpoints of `needed` bytes go; "" if nothing.
std::string describeSpace(const std::string &directory, uint64_t free,
                          uint64_t needed);

class CheckpointStore {
public:
  /// `keep` newest checkpoints stay after each write; 0 keeps all. `config` is
  /// what each has as its config.json.
  CheckpointStore(std::string directory, int64_t keep,
                  std::string config = "{}\n");

  /// Creates the directory and removes what a killed run left half-written.
  void prepare();

  /// Finds out now, not after hours, whether a checkpoint can be written: does
  /// with its names and its manifest what write() will do. Throws UserError.
  /// Reports through `warn` if the disk has no room for two checkpoints.
  void rehearse(const CheckpointManifest &manifest,
                const CheckpointTensors &tensors,
                const std::function<void(const std::string &)> &warn) const;

  /// What a crash may have cut off after the checkpoint at `newest` got its
  /// name: `latest` says it, and of those before it, --keep of them stay.
  /// `newest` must be intact.
  void settle(int64_t newest);

  /// Steps that have a checkpoint, ascending.
  std::vector<int64_t> steps() const;

  /// The directory of the checkpoint at `step`.
  std::string directoryOf(int64_t step) const;

  /// Writes the checkpoint `manifest.step`, each tensor as `whole` gives it;
  /// the stamps of its files are filled in here. Throws UserError and leaves
  /// older checkpoints alone on failure.
  void write(CheckpointManifest manifest, const CheckpointTensors &tensors,
             const WholeTensor &whole);

  /// The manifest of the newest intact checkpoint, every byte of whose files
  /// has been verified. A damaged one is reported through `warn` and the one
  /// before it is tried. Throws UserError if there is none, or if it belongs to
  /// another run than `run` (see CheckpointManifest::differences).
  CheckpointManifest
  findLatest(const CheckpointManifest &run,
             const std::function<void(const std::string &)> &warn) const;

  /// Reads what is here of the tensors of the checkpoint at `step`, which
  /// findLatest has found. Throws UserError.
  void read(int64_t step, const CheckpointTensors &tensors) const;

  /// findLatest, then read.
  CheckpointManifest
  readLatest(const CheckpointManifest &run, const CheckpointTensors &tensors,
             const std::function<void(const std::string &)> &warn) const {
    CheckpointManifest manifest = findLatest(run, warn);
    read(manifest.step, tensors);
    return manifest;
  }

private:
  CheckpointManifest verify(int64_t step) const;
  void removeOlderThan(int64_t newest);
  void discard(const std::string &name);

  std::string directory;
  int64_t keep;
  std::string config;
};

} // namespace flmrt

#endif // FLM_RUNTIME_CHECKPOINT_CHECKPOINTSTORE_H
