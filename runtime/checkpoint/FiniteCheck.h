//===----------------------------------------------------------------------===//
// Whether a state is worth keeping: one infinity or NaN in it, and nothing
// that is trained from it is a number.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_CHECKPOINT_FINITECHECK_H
#define FLM_RUNTIME_CHECKPOINT_FINITECHECK_H

#include "runtime/checkpoint/Safetensors.h"

#include <cstdint>
#include <string>
#include <vector>

namespace flmrt {

/// Whether all of `values` are finite numbers.
bool areFinite(const float *values, int64_t count);

/// The name of the first of `tensors`, in the state of `device`, of which a
/// value that is here is not finite, or "".
std::string firstNotFinite(ProgramDevice &device,
                           const std::vector<Tensor> &tensors);

} // namespace flmrt

#endif // FLM_RUNTIME_CHECKPOINT_FINITECHECK_H
