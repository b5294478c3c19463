//===----------------------------------------------------------------------===//
// Hand-written programs of one rank, run on the ranks of a grid.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_NUMERICS_RANKS_ONRANKS_H
#define FLM_TEST_NUMERICS_RANKS_ONRANKS_H

#include "codegen/reference/Ranks.h"
#include "test/numerics/Program.h"

#include "mlir/IR/Diagnostics.h"

#include <gtest/gtest.h>

namespace flm::numerics {

/// Results by rank; rank r gets `arguments[r]`.
inline std::vector<llvm::SmallVector<Tensor>>
runOnRanks(Program &program, const reference::RankGrid &grid,
           const std::vector<Tensor> &arguments, const Options &options = {}) {
  std::vector<reference::RankData> ranks(grid.ranks());
  for (auto [data, argument] : llvm::zip_equal(ranks, arguments))
    data.arguments.push_back(argument);
  EXPECT_TRUE(llvm::succeeded(
      reference::runOnRanks(program.op(), grid, ranks, options)));
  // Of a run that failed, as many as there should be.
  unsigned count =
      program.op()->getRegion(0).front().getTerminator()->getNumOperands();
  std::vector<llvm::SmallVector<Tensor>> results;
  for (reference::RankData &data : ranks) {
    results.push_back(std::move(data.results));
    results.back().resize(count);
  }
  return results;
}

/// The errors and notes of a run that must fail, one per line.
inline std::string errorsOnRanks(Program &program,
                                 const reference::RankGrid &grid) {
  std::string errors;
  mlir::ScopedDiagnosticHandler handler(
      program.op()->getContext(), [&](mlir::Diagnostic &diagnostic) {
        errors += diagnostic.str() + "\n";
        for (mlir::Diagnostic &note : diagnostic.getNotes())
          errors += note.str() + "\n";
        return llvm::success();
      });
  std::vector<reference::RankData> ranks(grid.ranks());
  for (reference::RankData &data : ranks)
    data.arguments.push_back(Tensor(program.argumentShape(0)));
  EXPECT_TRUE(llvm::failed(reference::runOnRanks(program.op(), grid, ranks)));
  return errors;
}

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_RANKS_ONRANKS_H
