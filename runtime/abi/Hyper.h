//===----------------------------------------------------------------------===//
// Positions of the scalars that a step reads.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_ABI_HYPER_H
#define FLM_RUNTIME_ABI_HYPER_H

#include <stdint.h>

namespace flm::abi {

/// One enumerator per line of Hyper.def: a position in the array `hyper`.
enum class Hyper : int64_t {
#define FLM_HYPER(name, doc) name,
#include "runtime/abi/Hyper.def"
  count
};

constexpr int64_t hyperCount = static_cast<int64_t>(Hyper::count);

} // namespace flm::abi

#endif // FLM_RUNTIME_ABI_HYPER_H
