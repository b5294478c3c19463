//===----------------------------------------------------------------------===//
// The manifest that the compiler put into the binary, as typed structs. The
// fields are those of runtime/abi/Manifest.md.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_PROGRAMMANIFEST_H
#define FLM_RUNTIME_TRAIN_PROGRAMMANIFEST_H

#include "runtime/train/DistributionManifest.h"
#include "runtime/train/Recipe.h"

#include "nlohmann/json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace flmrt {

struct InitRule {
  enum Kind { Normal, Constant } kind = Normal;
  double std = 0;   ///< of a truncated normal
  double value = 0; ///< of a constant
};

/// One parameter with its moments; a stacked one holds all layers' tensors.
struct Parameter {
  std::string name;           ///< '*' stands for the layer if `stacked`
  std::vector<int64_t> shape; ///< of the whole
  bool stacked = false;
  int64_t offset = 0; ///< bytes into the state, as `m` and `v`
  int64_t m = 0;
  int64_t v = 0;
  // What a rank has of the parameter and its moments; empty: all.
  std::vector<Part> parts, mParts, vParts;
  InitRule init;

  int64_t elements() const;
};

struct RopeTable {
  double theta = 0;
  int64_t seq = 0;
  int64_t headDim = 0;
  int64_t offset = 0; ///< bytes into the state
  /// Mesh axis over which the positions are split: those of this rank begin at
  /// its index times `seq`.
  std::optional<int64_t> axis;
};

/// This rank's index on some axes, one i32 each.
struct CoordinateTable {
  std::vector<int64_t> axes;
  int64_t offset = 0; ///< bytes into the state
};

struct Probe {
  std::string name;
  int64_t count = 0;
};

struct ProgramManifest {
  std::string model, config, recipeName, plan;
  nlohmann::ordered_json dims; ///< all of them, to be shown
  int64_t batch = 0;           ///< sequences of a micro-batch, of all ranks
  int64_t seq = 0;             ///< tokens of a sequence
  int64_t vocab = 0;           ///< tokens are below this
  int64_t paddedVocab = 0;     ///< logits of a position
  int64_t microBatches = 0;    ///< of a step
  nlohmann::ordered_json recipeValues; ///< all of them, to be shown
  Recipe recipe;                       ///< the ones that the runtime uses
  std::vector<Parameter> parameters;
  std::vector<RopeTable> ropeTables;
  std::vector<CoordinateTable> coordinateTables;
  std::vector<Probe> probes;
  int64_t stateBytes = 0, scratchBytes = 0, workspaceBytes = 0;
  int64_t parameterCount = 0;
  double flopsPerToken = 0;
  nlohmann::ordered_json forward; ///< what no parameter says, to be shown
  /// The CPU that the kernels were compiled for, and what they need of one.
  std::string cpuName;
  std::vector<std::string> cpuFeatures;
  Distribution distribution;

  /// B: sequences of a step.
  int64_t globalBatch() const { return microBatches * batch; }
  /// Sequences of one rank's micro-batch.
  int64_t localBatch() const { return batch / distribution.batchRanks(); }
  /// Sequences of one rank's step: a contiguous block of the global batch, the
  /// `batchIndex(rank)`-th one.
  int64_t localStepBatch() const { return microBatches * localBatch(); }
  int64_t batchIndex(int64_t rank) const {
    return distribution.mesh.indexOver(rank, distribution.batchAxes);
  }

  /// Parses the manifest and checks what memory safety rests on. Throws
  /// UserError: the binary and its runtime do not belong together.
  static ProgramManifest parse(const char *text);
};

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_PROGRAMMANIFEST_H
