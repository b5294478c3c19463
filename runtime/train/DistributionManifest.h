//===----------------------------------------------------------------------===//
// The part of the manifest that only programs of several ranks have: see
// "Several ranks" in runtime/abi/Manifest.md.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_DISTRIBUTIONMANIFEST_H
#define FLM_RUNTIME_TRAIN_DISTRIBUTIONMANIFEST_H

#include "runtime/checkpoint/TensorPart.h"
#include "runtime/comm/Collective.h"
#include "runtime/comm/Mesh.h"

#include "nlohmann/json.hpp"

#include <optional>
#include <string>
#include <vector>

namespace flmrt {

struct Distribution {
  Mesh mesh;
  std::vector<int64_t> batchAxes;      ///< that split the batch, ascending
  std::optional<int64_t> pipelineAxis; ///< that splits the layers
  std::vector<Collective> collectives; ///< by id

  /// Ranks with different sequences.
  int64_t batchRanks() const;
  /// Bytes of one train step that `rank` is predicted to send, per collective.
  std::vector<int64_t> predictedBytes(int64_t rank) const;
};

/// The readers below throw json exceptions for what is missing or of another
/// type, and std::invalid_argument with a sentence for what makes no sense.

/// From the fields `mesh` and `collectives`; one rank without them.
Distribution parseDistribution(const nlohmann::ordered_json &manifest);

/// One list of `parts` of a parameter of this shape.
std::vector<Part> parseParts(const nlohmann::ordered_json &json,
                             const std::vector<int64_t> &shape,
                             const Mesh &mesh);

/// An axis of the mesh by its name.
int64_t parseAxis(const nlohmann::ordered_json &name, const Mesh &mesh);

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_DISTRIBUTIONMANIFEST_H
