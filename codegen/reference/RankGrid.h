//===----------------------------------------------------------------------===//
// The ranks of a plan's grid, for the interpreter.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_RANKGRID_H
#define FLM_CODEGEN_REFERENCE_RANKGRID_H

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace flm::reference {

/// A rank's number is the row-major index of its coordinates, the last axis
/// fastest.
class RankGrid {
public:
  struct Axis {
    std::string name;
    int64_t ranks = 1;
  };

  explicit RankGrid(std::vector<Axis> axes) : axes(std::move(axes)) {}
  /// The grid of the module's first plan; without a plan, one rank.
  explicit RankGrid(mlir::ModuleOp module);

  /// How many ranks there are in all.
  int64_t ranks() const;
  /// The ranks along `axis`; 1 for an axis that the grid does not have.
  int64_t ranksOn(llvm::StringRef axis) const;
  /// The index of `rank` on `axis`; 0 for an axis that the grid does not have.
  int64_t indexOn(int64_t rank, llvm::StringRef axis) const;
  /// The rank that differs from `rank` in its index on `axis` only, which is
  /// `index`.
  int64_t withIndex(int64_t rank, llvm::StringRef axis, int64_t index) const;

  /// "rank 3 (dp = 1, tp = 1)".
  std::string text(int64_t rank) const;

private:
  /// How far apart neighbours on `axis` are.
  int64_t strideOf(llvm::StringRef axis) const;

  std::vector<Axis> axes;
};

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_RANKGRID_H
