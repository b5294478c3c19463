//===----------------------------------------------------------------------===//
// One collective of a compiled program, as the manifest describes it.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_COLLECTIVE_H
#define FLM_RUNTIME_COMM_COLLECTIVE_H

#include "runtime/abi/Collectives.h"
#include "runtime/comm/Fold.h"
#include "runtime/comm/Mesh.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace flmrt {

/// The fields are those of runtime/abi/Manifest.md.
struct Collective {
  int64_t id = 0;
  flm::abi::CollectiveKind kind = flm::abi::CollectiveKind::all_reduce;
  Reduction reduction = Reduction::Sum;
  ElementType type = ElementType::F32;
  int64_t axis = 0; ///< of the mesh
  std::vector<int64_t> shape;
  int64_t dim = 0;  ///< split, unless `flat`; of all_to_all: `from`
  int64_t to = 0;   ///< of all_to_all
  int64_t flat = 0; ///< elements of a padded part; 0: a dim is split
  int64_t at = 0;
  int64_t offset = 0;
  int64_t match = 0;
  std::string name, source;
  int64_t bytes = 0;           ///< predicted, one execution
  int64_t times = 0;           ///< predicted, one train step
  std::vector<int64_t> stages; ///< that execute it; empty: all

  int64_t elements() const;
  int64_t bytesOf(int64_t elements) const {
    return elements * elementBytes(type);
  }

  /// "collective 12 (reduce_scatter over dp of %d_q_proj, tele-flm.mlir:12:5)"
  std::string describe(const Mesh &mesh) const;
};

/// A tensor cut along one dim into `parts` equal parts: part p is, for each of
/// `outer` rows, `inner` consecutive elements.
struct Blocks {
  int64_t outer = 1;
  int64_t parts = 1;
  int64_t inner = 1;

  /// `shape` cut along `dim`, whose size `parts` divides.
  Blocks(const std::vector<int64_t> &shape, int64_t dim, int64_t parts);

  /// Elements of one part.
  int64_t elements() const { return outer * inner; }
  /// Whether a part is one piece of memory.
  bool areContiguous() const { return outer == 1; }

  /// Calls `use(done, at, row, rows)` for pieces of elements `begin` … `begin +
  /// count - 1` of part `part`: the piece that begins behind `done` of them has
  /// `rows` rows of `row` elements, the first one at `at` in the whole tensor
  /// and each next one `parts * inner` further.
  template <typename Use>
  void forEachPiece(int64_t part, int64_t begin, int64_t count, Use use) const {
    for (int64_t done = 0; done < count;) {
      const int64_t first = (begin + done) / inner;
      const int64_t within = (begin + done) % inner;
      const int64_t row = std::min(inner - within, count - done);
      // Whole rows together; a row that is cut off on either side by itself.
      const int64_t rows = row < inner ? 1 : (count - done) / inner;
      use(done, (first * parts + part) * inner + within, row, rows);
      done += row * rows;
    }
  }
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_COLLECTIVE_H
