//===----------------------------------------------------------------------===//
// Sums and maxima over ranks, always in the same order.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_FOLD_H
#define FLM_RUNTIME_COMM_FOLD_H

#include <cstdint>

namespace flmrt {

enum class ElementType { F32, BF16, I32 };
enum class Reduction { Sum, Max };

int64_t elementBytes(ElementType type);

/// out[i] = the reduction of sources[0][i] … sources[count-1][i], by the tree
/// of flm::abi::foldHead. bf16 is widened to f32 and rounded once, at the end.
/// A maximum with a NaN is a NaN. `out` may be one of the sources.
void fold(const void *const *sources, int64_t count, void *out,
          int64_t elements, ElementType type, Reduction reduction);

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_FOLD_H
