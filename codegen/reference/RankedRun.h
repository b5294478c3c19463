//===----------------------------------------------------------------------===//
// The programs of one rank, run on all ranks of their plan as if they were the
// program that they were made of.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_RANKEDRUN_H
#define FLM_CODEGEN_REFERENCE_RANKEDRUN_H

#include "codegen/reference/Distribute.h"
#include "codegen/reference/RankGrid.h"
#include "codegen/reference/Reference.h"

#include "mlir/IR/BuiltinOps.h"

namespace flm::reference {

/// How a module of stage `shard` lies on the ranks of its plan: what is known
/// of it later, when its programs are those of one rank.
class RankedRun {
public:
  explicit RankedRun(mlir::ModuleOp sharded);

  /// Whether there is more than one rank.
  bool isRanked() const { return grid.ranks() > 1; }

  /// Runs `program` (after stage `local`) on all ranks. `arguments` and `state`
  /// are whole, as of the program in stage `train`; so is the result, which has
  /// to be the same on all ranks.
  mlir::FailureOr<llvm::SmallVector<Tensor>>
  run(mlir::Operation *program, llvm::ArrayRef<Tensor> arguments, State &state,
      const Options &options) const;

private:
  RankGrid grid;
  Layout::Chunks chunks;
  /// By program, the types of its arguments with their states.
  llvm::StringMap<llvm::SmallVector<NamedTensorType>> arguments;
};

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_RANKEDRUN_H
