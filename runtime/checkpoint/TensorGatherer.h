//===----------------------------------------------------------------------===//
// Tensors put together from the parts that ranks have, one at a time, on the
// rank that writes a checkpoint: no rank ever holds the whole model.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_CHECKPOINT_TENSORGATHERER_H
#define FLM_RUNTIME_CHECKPOINT_TENSORGATHERER_H

#include "runtime/checkpoint/MappedTensor.h"
#include "runtime/comm/Communicator.h"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace flmrt {

/// A tensor of a checkpoint, and how ranks share it.
struct SharedTensor {
  Tensor tensor;                ///< with this rank's part
  std::vector<Part> parts;      ///< empty: every rank has all of it
  std::vector<int64_t> shape;   ///< that `parts` apply to
  std::optional<int64_t> layer; ///< of the first dim of `shape`
};

/// One gathering of some of the tensors: the root asks and the others serve.
class TensorGatherer {
public:
  /// `tensors` lie in the state of `device`.
  TensorGatherer(Communicator &communicator, ProgramDevice &device,
                 const std::vector<SharedTensor> &tensors);

  /// Root: all elements of a tensor, until the next call.
  const float *whole(const std::string &name);
  /// Root: tells the others that nothing more is wanted, and whether all went
  /// well.
  void finish(bool isGood);
  /// Others: sends what the root asks for, until it says that it is over.
  /// Returns whether all went well there.
  bool serve();

private:
  TensorPart partOf(const SharedTensor &shared, int64_t rank) const;
  bool isOwner(const SharedTensor &shared, int64_t rank) const;

  Communicator &communicator;
  ProgramDevice &device;
  const std::vector<SharedTensor> &tensors;
  std::unordered_map<std::string, size_t> indices;
  std::vector<float> assembled, message;
  std::optional<MappedTensor> mapped; ///< where nothing has to be assembled
};

} // namespace flmrt

#endif // FLM_RUNTIME_CHECKPOINT_TENSORGATHERER_H
