//===----------------------------------------------------------------------===//
// A spec compiled up to the `local` stage and run on all ranks of its plan.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_NUMERICS_RANKS_RANKPROGRAMS_H
#define FLM_TEST_NUMERICS_RANKS_RANKPROGRAMS_H

#include "codegen/reference/Distribute.h"
#include "codegen/reference/Ranks.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <memory>
#include <string>
#include <vector>

namespace flm::numerics {

/// Tele-FLM under one plan.
class RankPrograms {
public:
  /// `plan` is what follows `on` in a plan: "grid(dp = 2) {batch -> dp}";
  /// `set` has "dim=value" and "recipe key=value". What does not compile ends
  /// the process with the diagnostics.
  RankPrograms(llvm::StringRef plan, const std::vector<std::string> &set);

  /// Random parameters, the same for the same names, sizes and `seed`, with
  /// moments that are zero: what all ranks together have.
  reference::State randomState(unsigned seed = 1);

  /// Runs a program on every rank. `tokens` are the token arguments as one rank
  /// would get them all: flat, sequences one behind the other; each
  /// data-parallel rank reads its share of them. Further arguments (`hyper`)
  /// are the same for all. `state` is that of all ranks together, before and
  /// after. A test failure, and no results, where a run fails or ranks do not
  /// agree.
  llvm::SmallVector<reference::Tensor>
  run(llvm::StringRef program, llvm::ArrayRef<std::vector<double>> tokens,
      llvm::ArrayRef<reference::Tensor> further, reference::State &state,
      const reference::Options &options);

  /// How many tokens a program reads, on all data-parallel ranks.
  int64_t tokenCount(llvm::StringRef program);
  int64_t ranks() const { return grid.ranks(); }
  /// A program by name, to look at or to break.
  mlir::Operation *program(llvm::StringRef name);

private:
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  reference::RankGrid grid{std::vector<reference::RankGrid::Axis>()};
  reference::Layout::Chunks chunks;
};

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_RANKS_RANKPROGRAMS_H
