//===----------------------------------------------------------------------===//
// The grid of chunks over which gradient norms are summed, and whose borders
// are the borders of flat splits.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_CHUNKNORMS_H
#define FLM_PASSES_SHARDING_CHUNKNORMS_H

#include "dialects/flm/Flm.h"

namespace flm {

/// Most elements of a chunk: small enough that rounding a flat split up to
/// whole chunks costs little memory, large enough that a chunk's sum costs
/// little beside it.
constexpr int64_t kMaxChunk = 4096;

/// Elements of a chunk of a tensor with `elements` elements in each layer, of
/// which a rank has one part in `parts` (1 without tensor parallelism): the
/// largest divisor of a layer that is at most kMaxChunk and of which `parts` is
/// a divisor. So chunks cover a layer exactly, and a rank's part of it has the
/// same number of chunks, `parts` times shorter.
int64_t chunkLength(int64_t elements, int64_t parts);

} // namespace flm

#endif // FLM_PASSES_SHARDING_CHUNKNORMS_H
