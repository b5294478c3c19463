//===----------------------------------------------------------------------===//
// The cheapest ways from one distribution of a value to others.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_CONVERSIONS_H
#define FLM_PASSES_SHARDING_CONVERSIONS_H

#include "passes/sharding/Mesh.h"

namespace flm {

/// What conversions cost. Bytes come first, without the padding of flat parts,
/// so that what is chosen depends on the plan and not on remainders; then the
/// fewer collectives, then the fewer steps.
struct ConversionCost {
  double bytes = 0;
  int collectives = 0;
  int steps = 0;

  ConversionCost operator+(const ConversionCost &other) const {
    return {bytes + other.bytes, collectives + other.collectives,
            steps + other.steps};
  }
  bool operator<(const ConversionCost &other) const {
    return std::tie(bytes, collectives, steps) <
           std::tie(other.bytes, other.collectives, other.steps);
  }
};

/// The cost of one reshard.
ConversionCost costOf(const Mesh &mesh, NamedTensorType from,
                      NamedTensorType to);

/// Distributions of one value, each made from an earlier one by one reshard.
/// The first is how the value is produced.
struct ConversionTree {
  struct Version {
    NamedTensorType type;
    unsigned from = 0; ///< index of the version that it is made from
  };
  llvm::SmallVector<Version> versions;
  ConversionCost cost;

  /// The version of this type, which must be there.
  unsigned indexOf(NamedTensorType type) const;
};

/// The cheapest tree that has all `targets`. Exact over the orders in which
/// they can be reached for up to four of them, which is more than a value has
/// in practice; beyond that they are reached in the order given.
ConversionTree cheapestConversions(const Mesh &mesh, NamedTensorType produced,
                                   llvm::ArrayRef<NamedTensorType> targets);

/// `value` as `type`, by one reshard with a name that says what it is.
mlir::Value createReshard(mlir::OpBuilder &builder, mlir::Value value,
                          NamedTensorType type);

} // namespace flm

#endif // FLM_PASSES_SHARDING_CONVERSIONS_H
