//===----------------------------------------------------------------------===//
// The algebra of distribution: states of values on mesh axes, the rules of ops,
// and the one verifier of both.
//
// Axes nest: partition for axis 1, treat the program of one rank as a new
// program on one device, partition that for axis 2. So axes are checked
// independently. On each, a value is replicated, split along a dim, split as a
// flat array (`*`, ZeRO state), partial (the true value is the sum or maximum
// over the axis) or at one end of it, where the ops that use it run too.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_DISTRIBUTION_H
#define FLM_DIALECTS_FLM_DISTRIBUTION_H

#include "dialects/flm/Types.h"

#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace flm {

/// What an op allows on one axis.
struct ShardingRule {
  /// Names of dims that may be split. Every operand and result that has the dim
  /// is then split along it, every operand without it is replicated, and every
  /// result without it is partial. A dim of several factors is split along its
  /// first.
  llvm::SmallVector<llvm::StringRef> factors;
  /// How results that lack a split factor combine: a maximum instead of a sum.
  bool reducesByMax = false;
  /// Whether the op also works on flattened parts (`*`): it is elementwise, or
  /// a reduction of all elements, of tensors of one shape. Operands of another
  /// shape than the first are whole then.
  bool flat = false;
  /// Sets of operands in which the op is linear: with all operands of a set
  /// partial and all others replicated, the results are partial.
  llvm::SmallVector<llvm::SmallVector<unsigned>> linear;
  /// Operands that lie as the first result does, whatever that is (`into`).
  llvm::SmallVector<unsigned> likeResult;
};

/// One choice that a rule allows: replicated, a factor split, or linear.
struct Strategy {
  enum Kind { Replicated, Split, Linear } kind = Replicated;
  llvm::StringRef factor;            ///< of Split; "*" is flat
  llvm::ArrayRef<unsigned> operands; ///< of Linear

  bool operator==(const Strategy &other) const {
    return kind == other.kind && factor == other.factor &&
           operands == other.operands;
  }
};

/// The choices of `rule`, replicated first.
llvm::SmallVector<Strategy> strategiesOf(const ShardingRule &rule);

/// The states that `strategy` asks of operand types and gives to result types
/// on `axis`; null is replicated.
struct StrategyStates {
  llvm::SmallVector<AxisStateAttr> operands, results;
};
StrategyStates statesOf(mlir::Operation *op, const ShardingRule &rule,
                        const Strategy &strategy, mlir::StringAttr axis);

/// The state of `type` on `axis`; null is replicated.
AxisStateAttr stateOn(NamedTensorType type, mlir::StringAttr axis);
/// `type` with another state on `axis`.
NamedTensorType withState(NamedTensorType type, mlir::StringAttr axis,
                          AxisStateAttr state);

/// Whether a value of this type can be split along `factor`: exactly one of its
/// dims has it, as first factor (or `*`: it has elements to flatten).
bool canSplit(NamedTensorType type, llvm::StringRef factor);

/// "replicated", "split(seq)", "partial(sum)".
std::string stateText(AxisStateAttr state);

/// A change of distribution that one collective carries out.
struct Reshard {
  mlir::StringAttr axis;
  Collective collective;
};
/// How `from` becomes `to`; nothing where they are equal or it takes more than
/// one collective (ReshardOp's verifier says why).
std::optional<Reshard> reshardBetween(NamedTensorType from, NamedTensorType to);

/// Checks that on every axis some strategy of the op's rule gives the states
/// that its operands and results have. Says what to do otherwise. Values
/// without states are fine anywhere.
llvm::LogicalResult verifyDistribution(mlir::Operation *op);

namespace OpTrait {
/// The op's operands and results obey its sharding rule.
template <typename ConcreteOp>
class Distributed : public mlir::OpTrait::TraitBase<ConcreteOp, Distributed> {
public:
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) {
    return verifyDistribution(op);
  }
};
} // namespace OpTrait

} // namespace flm

#endif // FLM_DIALECTS_FLM_DISTRIBUTION_H
