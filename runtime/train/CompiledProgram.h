//===----------------------------------------------------------------------===//
// The program that the compiler linked into this binary, with the memory that
// it works on: the C ABI as one C++ object.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_COMPILEDPROGRAM_H
#define FLM_RUNTIME_TRAIN_COMPILEDPROGRAM_H

#include "runtime/checkpoint/CheckpointStore.h"
#include "runtime/checkpoint/TensorGatherer.h"
#include "runtime/device/Arena.h"
#include "runtime/device/ProgramDevice.h"
#include "runtime/device/ThreadPool.h"
#include "runtime/train/ProgramManifest.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace flmrt {

class CompiledProgram {
public:
  /// Gets the device and its memory for `rank`, starts the threads, fills the
  /// tables. Parameters and moments are zero. Throws UserError if memory or
  /// threads cannot be had.
  CompiledProgram(const ProgramManifest &manifest, int threads,
                  int64_t rank = 0);

  struct StepResult {
    float loss = 0;         ///< nats per token, mean of the global batch
    float gradientNorm = 0; ///< global, before clipping
  };

  // Of several ranks, each calls these with its own sequences, at the same
  // time.

  /// tokens, targets [micro_batches, batch, seq].
  StepResult trainStep(const int32_t *tokens, const int32_t *targets,
                       const Hyper &hyper);
  /// Loss in nats per token; tokens, targets [batch, seq].
  float evaluate(const int32_t *tokens, const int32_t *targets);
  /// Logits [seq, padded_vocab] of tokens [seq]; valid until the next call.
  const float *predict(const int32_t *tokens);
  /// One float per element of the manifest's probes; tokens [batch, seq].
  std::vector<float> probe(const int32_t *tokens);

  /// Sets the parameters to their first values.
  void initializeParameters(uint64_t seed);

  /// This rank's part of parameters and moments, under their names in a
  /// checkpoint.
  const CheckpointTensors &tensors() const { return named; }
  /// The same, with what other ranks have.
  const std::vector<SharedTensor> &sharedTensors() const { return shared; }
  int threads() const { return pool.threads(); }

private:
  void fillTables(int64_t rank);
  void nameTensors(int64_t rank);

  const ProgramManifest &manifest;
  std::unique_ptr<ProgramDevice> device;
  Arena logits; ///< mapped when first needed
  ThreadPool pool;
  CheckpointTensors named;
  std::vector<SharedTensor> shared;
};

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_COMPILEDPROGRAM_H
