//===----------------------------------------------------------------------===//
// The program of one rank (after the `local` stage), run on all ranks of a
// grid: "N ranks = one rank" compares with Reference.h.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_RANKS_H
#define FLM_CODEGEN_REFERENCE_RANKS_H

#include "codegen/reference/RankGrid.h"
#include "codegen/reference/Reference.h"

namespace flm::reference {

/// What one rank begins with, and what it has after a run.
struct RankData {
  llvm::SmallVector<Tensor> arguments;
  State state;
  llvm::SmallVector<Tensor> results;
};

/// Runs `program` on each rank of `grid`, with the data of that rank.
///
/// Errors, besides those of `run`: ranks that meet in different collectives or
/// wait for each other for ever (with the place of every rank), a message that
/// nobody receives, a collective over a number of ranks that the grid does not
/// have, an op that reads what its rank does not have.
mlir::LogicalResult runOnRanks(mlir::Operation *program, const RankGrid &grid,
                               llvm::MutableArrayRef<RankData> ranks,
                               const Options &options = {});

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_RANKS_H
