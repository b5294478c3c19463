//===----------------------------------------------------------------------===//
// Parameters and optimizer state of one rank, cut into what the ranks of a grid
// have, and put together again.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_DISTRIBUTE_H
#define FLM_CODEGEN_REFERENCE_DISTRIBUTE_H

#include "codegen/reference/RankGrid.h"
#include "codegen/reference/Reference.h"
#include "dialects/flm/Types.h"

namespace flm::reference {

/// Which elements of a tensor each rank has. Splits of dims are taken in the
/// order of the grid; one of the flattened tensor (`*`) divides what they leave
/// and pads it with zeros.
class Layout {
public:
  /// The blocks of layers that each pipeline stage has: block c of stage s is
  /// number c * stages + s.
  struct Chunks {
    std::string axis; ///< of the pipeline
    int64_t count = 1;
  };
  /// `global` has the states, `local` the sizes of one rank.
  Layout(NamedTensorType global, NamedTensorType local, const RankGrid &grid,
         Chunks chunks);

  llvm::SmallVector<int64_t> wholeShape() const { return global.shape(); }
  /// Whether `rank` has a part at all (`at`).
  bool has(int64_t rank) const;
  /// What `rank` has of `whole`.
  Tensor partOf(const Tensor &whole, int64_t rank) const;
  /// Stores what `rank` has into `whole`. An error text if that contradicts
  /// what another rank stored, as `known` says, or if padding is not zero.
  std::string store(const Tensor &part, int64_t rank, Tensor &whole,
                    std::vector<bool> &known) const;

private:
  /// For each element of `rank`'s part, its index in the whole; -1 is padding.
  std::vector<int64_t> elementsOf(int64_t rank) const;

  NamedTensorType global, local;
  const RankGrid &grid;
  Chunks chunks;
};

/// The parameters and optimizer states that `program` (after the `local` stage)
/// reads or writes, cut for `rank`.
State scattered(const State &whole, mlir::Operation *program,
                const RankGrid &grid, int64_t rank,
                const Layout::Chunks &chunks = {});

/// The opposite. An error where ranks that should have the same differ, where
/// padding is not zero, where a rank has no or a wrong part, or an element is
/// on no rank.
mlir::FailureOr<State> gathered(llvm::ArrayRef<const State *> ranks,
                                mlir::Operation *program, const RankGrid &grid,
                                const Layout::Chunks &chunks = {});

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_DISTRIBUTE_H
