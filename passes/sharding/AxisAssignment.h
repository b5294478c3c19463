//===----------------------------------------------------------------------===//
// How the values of a program lie on one mesh axis: the partitioner's choices.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_AXISASSIGNMENT_H
#define FLM_PASSES_SHARDING_AXISASSIGNMENT_H

#include "passes/sharding/AtRest.h"

namespace flm {

/// The first dim in the plan's order for `axis` that `rule` allows at `op`;
/// empty if there is none. A dim of size 1 is never split.
llvm::StringRef plannedDim(mlir::Operation *op, const ShardingRule &rule,
                           const Mesh::Axis &axis);

/// The size of the dim of `op`'s operands and results whose first factor is
/// `name`, of that factor alone; 1 if there is none.
int64_t sizeOf(mlir::Operation *op, llvm::StringRef name);

/// One pass over a program in its order, without search. An op is split along
/// the first dim of the plan's list for the axis that its rule allows.
/// Exceptions:
/// - A sum, or another op that only adds up and scales, of partial values is
///   partial: they are reduced once, after it.
/// - A total of scalars is partial if any of them is; the others count on one
///   rank.
/// - An optimizer step, and a sum over the gradient that it reads, is flat on the
///   axis of `optimizer`.
/// - A carry lies like what the plan splits it along, never partial; except an
///   accumulator, which lies like the terms that are added to it.
/// Axes nest, so each is decided on its own.
class AxisAssignment {
public:
  AxisAssignment(const Mesh::Axis &axis, const AtRest &atRest)
      : axis(axis), atRest(atRest) {}

  void run(ProgramOp program);

  const Mesh::Axis &meshAxis() const { return axis; }
  /// How `value` is produced.
  AxisStateAttr stateOf(mlir::Value value) const {
    return states.lookup(value);
  }
  /// How an op wants an operand; an operand that it takes as it comes (the
  /// stack of a slice, what is stacked) is not there.
  std::optional<AxisStateAttr> needOf(mlir::OpOperand &operand) const {
    auto it = needs.find(&operand);
    if (it == needs.end())
      return std::nullopt;
    return it->second;
  }
  /// Why the results of `op` lie as they do, for people: the plan's entry, or
  /// the exception. Of a loop, one reason for each carry. Empty for ops that
  /// have no choice.
  llvm::StringRef reasonFor(mlir::Operation *op) const {
    auto it = reasons.find(op);
    return it == reasons.end() ? llvm::StringRef() : it->second;
  }

private:
  void visit(mlir::Block &block);
  void visit(LoopOp loop);
  void visitRuled(mlir::Operation *op, const ShardingRule &rule);

  /// A strategy and why it was chosen.
  struct Choice {
    Strategy strategy;
    std::string reason;
  };
  Choice choose(mlir::Operation *op, const ShardingRule &rule);
  /// "ffn -> tp", or that there is no such entry.
  std::string entryText(llvm::StringRef dim) const;
  void enter(LoopOp loop);

  bool isPartialSum(mlir::Value value) const;
  bool isFlat(mlir::Value value) const;
  AxisStateAttr split(mlir::Value value, llvm::StringRef dim) const;
  /// Lays `accumulator`, and what it is a slice or the start of, out as
  /// `state`.
  void settle(mlir::Value accumulator, AxisStateAttr state);

  const Mesh::Axis &axis;
  const AtRest &atRest;
  llvm::DenseMap<mlir::Value, AxisStateAttr> states;
  llvm::DenseMap<mlir::OpOperand *, AxisStateAttr> needs;
  llvm::DenseMap<mlir::Operation *, std::string> reasons;
  /// Accumulators whose terms have not been met yet, each with the accumulator
  /// that it continues, if there is one.
  llvm::DenseMap<mlir::Value, mlir::Value> open;
};

} // namespace flm

#endif // FLM_PASSES_SHARDING_AXISASSIGNMENT_H
