//===----------------------------------------------------------------------===//
// A partitioner without a plan: any strategy that the rules allow, at random.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_NUMERICS_RANKS_RANDOMPARTITION_H
#define FLM_TEST_NUMERICS_RANKS_RANDOMPARTITION_H

#include "dialects/flm/Flm.h"

#include <map>
#include <random>

namespace flm::numerics {

/// Chooses how every value of a program lies on each axis, constrained by the
/// sharding rules and by nothing else, and inserts the reshards that this
/// needs.
class RandomPartition {
public:
  struct Axis {
    mlir::StringAttr name;
    int64_t ranks;
  };

  RandomPartition(ProgramOp program, std::vector<Axis> axes, unsigned seed)
      : program(program), axes(std::move(axes)), bits(seed) {}

  /// Rewrites the program. It then is what stage `shard` makes, without
  /// numbers.
  void apply();

  /// How many strategies were chosen that are not "all replicated".
  int64_t choices() const { return chosen; }

private:
  int64_t below(int64_t count) {
    return static_cast<int64_t>(bits() % static_cast<uint64_t>(count));
  }
  AxisStateAttr state(const Axis &axis, AxisStateKind kind,
                      llvm::StringRef argument);
  bool divides(NamedTensorType type, llvm::StringRef factor, int64_t ranks);
  /// A type of the same dims for a value that no rule constrains.
  NamedTensorType anyOf(NamedTensorType type, bool partial);
  NamedTensorType ofState(mlir::Operation *op, NamedTensorType type);

  void visit(mlir::Block &block);
  void visit(LoopOp loop);
  void visitRuled(mlir::Operation *op);
  void convert(mlir::OpOperand &operand, NamedTensorType wanted);

  ProgramOp program;
  std::vector<Axis> axes;
  std::mt19937 bits;
  int64_t chosen = 0;
  std::map<std::string, NamedTensorType> states; ///< by name
  llvm::DenseMap<mlir::Value, NamedTensorType> produced;
  std::vector<std::pair<mlir::OpOperand *, NamedTensorType>> needed;
};

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_RANKS_RANDOMPARTITION_H
