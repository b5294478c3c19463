//===----------------------------------------------------------------------===//
// What this rank has of one tensor, as the host sees it.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_CHECKPOINT_MAPPEDTENSOR_H
#define FLM_RUNTIME_CHECKPOINT_MAPPEDTENSOR_H

#include "runtime/checkpoint/Safetensors.h"
#include "runtime/device/ProgramDevice.h"

#include <cstdint>

namespace flmrt {

/// A rank's part of a tensor lies in one piece of its memory: that piece is
/// mapped while this lives.
class MappedTensor {
public:
  /// `tensor` lies in the state of `device`.
  MappedTensor(ProgramDevice &device, const Tensor &tensor, MapAccess access)
      : part(tensor.partHere()),
        mapping(device, tensor.offset + 4 * part.firstInMemory(),
                4 * part.elements(), access) {}

  /// Calls `use(element, at, count)` for each run in the order of memory:
  /// elements `element` … of the tensor (row-major) are `at[0]` ….
  template <typename Use> void forEachRun(Use use) const {
    auto *data = static_cast<float *>(mapping.data());
    part.forEachRun([&](int64_t element, int64_t memory, int64_t count) {
      use(element, data + (memory - part.firstInMemory()), count);
    });
  }

  /// All that is here, one run behind the other.
  float *data() const { return static_cast<float *>(mapping.data()); }
  int64_t elements() const { return part.elements(); }

private:
  TensorPart part;
  StateMapping mapping;
};

/// All elements of tensors of which no part is elsewhere.
WholeTensor wholeOnThisRank(ProgramDevice &device);

} // namespace flmrt

#endif // FLM_RUNTIME_CHECKPOINT_MAPPEDTENSOR_H
