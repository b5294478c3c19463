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

/// Why a spec was refused.
struct Refusal {
  std::string text;     ///< the errors, one per line, each as "line: message"
  bool located = false; ///< whether each of them is at a line of the spec
};

/// A spec under one plan.
class RankPrograms {
public:
  /// What to choose of a spec; an empty name is the only candidate. `plan` is
  /// what follows `on` in a plan: "grid(dp = 2) {batch -> dp}"; `set` has
  /// "dim=value" and "recipe key=value".
  struct Choice {
    std::string model, config, recipe, plan;
    std::vector<std::string> set;
  };

  /// Tele-FLM. What does not compile ends the process with the diagnostics.
  RankPrograms(llvm::StringRef plan, const std::vector<std::string> &set);

  /// `spec` (its text) up to the `local` stage. Null, and `refusal` says why,
  /// where it does not compile up to the `buffers` stage.
  static std::unique_ptr<RankPrograms>
  compile(llvm::StringRef spec, const Choice &choice, Refusal &refusal);

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
  RankPrograms();
  mlir::LogicalResult build(llvm::StringRef spec, const Choice &choice);
  mlir::LogicalResult plan();

  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  reference::RankGrid grid{std::vector<reference::RankGrid::Axis>()};
  reference::Layout::Chunks chunks;
};

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_RANKS_RANKPROGRAMS_H
