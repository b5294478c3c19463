//===----------------------------------------------------------------------===//
// Carries that only add up.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_ACCUMULATORS_H
#define FLM_PASSES_SHARDING_ACCUMULATORS_H

#include "dialects/flm/Flm.h"

namespace flm {

/// The one `add` through which the carry `argument` of a loop comes round
/// again, if nothing else reads it: directly, or slice by slice (or as a carry)
/// of a loop inside. Null for any other carry.
AddOp accumulationOf(mlir::BlockArgument argument);

} // namespace flm

#endif // FLM_PASSES_SHARDING_ACCUMULATORS_H
