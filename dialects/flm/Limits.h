//===----------------------------------------------------------------------===//
// How large anything in the IR can be.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECT_LIMITS_H
#define FLM_DIALECT_LIMITS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/MathExtras.h"

#include <cstdint>
#include <optional>

namespace flm {

/// Bytes of a tensor, an offset into an arena, elements of a dim: more than any
/// machine has, and so far below 2^63 that a thousand of them can be added.
/// Verifiers refuse what is larger, so that passes compute with sizes as they
/// are.
constexpr int64_t kLargestBytes = int64_t(1) << 53;

/// A size or count that a user gives: far above what is of use, and far enough
/// below 2^63 to round up.
constexpr int64_t kLargestCount = int64_t(1) << 40;

/// Ranks of a plan, and stages of a pipeline, which are run one by one when a
/// schedule is checked.
constexpr int64_t kMostRanks = int64_t(1) << 20;
constexpr int64_t kMostStages = int64_t(1) << 12;

/// The product of positive `factors`; nothing if one is not positive or it is
/// more than `most`.
inline std::optional<int64_t> boundedProduct(llvm::ArrayRef<int64_t> factors,
                                             int64_t most = kLargestBytes) {
  int64_t product = 1;
  for (int64_t factor : factors)
    if (factor < 1 || llvm::MulOverflow(product, factor, product) ||
        product > most)
      return std::nullopt;
  return product;
}

} // namespace flm

#endif // FLM_DIALECT_LIMITS_H
