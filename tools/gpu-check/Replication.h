//===----------------------------------------------------------------------===//
// A large problem made of the contents of a small one, so that all of its
// results are known without computing them.
//
// A product of 8192 x 8192 x 8192 has a reference that takes minutes. If row i
// of A is row f(i) of a matrix with 131 rows, and column j of B is column g(j)
// of one with 136 columns, then C[i, j] = c[f(i), g(j)], and c is quickly
// computed. f and g look random, so that an element in a wrong place is noticed
// (but for one in 131). That works along every dim whose indices meet in no
// sum: rows of norms, heads of attention.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_REPLICATION_H
#define FLM_TOOLS_GPU_CHECK_REPLICATION_H

#include "codegen/gpu/reference/References.h"

#include <optional>
#include <string>

namespace flm::gpucheck {

using gpuref::Sizes;

/// Which element of a small tensor each element of a large one repeats.
class Replication {
public:
  /// The dims with the same size are the same; the others repeat. Dims of the
  /// same two sizes repeat alike, in whichever tensor they are.
  Replication(const Sizes &large, const Sizes &small);

  /// Writes the contents of `small` to all of `large`.
  void fill(gpuref::Tensor &large, gpuref::Tensor &small) const;

  /// Calls `visit(element, small element)` for each element of the large tensor
  /// from index `begin` to `end` of its rows.
  template <typename Visit>
  void forEachElement(int64_t begin, int64_t end, Visit visit) const {
    for (int64_t row = begin; row < end; ++row) {
      int64_t small = smallRow(row);
      for (size_t i = 0; i < columns.size(); ++i)
        visit(row * static_cast<int64_t>(columns.size()) +
                  static_cast<int64_t>(i),
              small + columns[i]);
    }
  }
  int64_t rows() const { return rowCount; }

private:
  /// The small element with which the row of the large tensor begins.
  int64_t smallRow(int64_t row) const;

  Sizes outer;                             ///< all dims but the last
  std::vector<std::vector<int64_t>> steps; ///< by outer dim and index
  std::vector<int64_t> columns;            ///< by index in the last dim
  int64_t rowCount = 1;
};

/// A tensor with a wrong result, and where.
struct Mismatch {
  std::string tensor;
  Sizes shape;
  int64_t wrong = 0; ///< elements
  Sizes first, last; ///< the smallest box with all of them, both included
  Sizes worst;       ///< the element that is furthest off
  double got = 0, expected = 0;

  std::string text() const;
};

struct Comparison {
  double error = 0; ///< of the worst element, as a multiple of its bound
  std::optional<Mismatch> mismatch;
};

/// Compares each element of `tensor` with the one of `expected` that it
/// repeats, on all CPUs.
Comparison compare(const gpuref::Expected &expected,
                   const Replication &replication,
                   const gpuref::Tensor &tensor);

/// Calls `work(begin, end)` for parts of 0 … count on all CPUs.
void inParallel(int64_t count,
                const std::function<void(int64_t, int64_t)> &work);

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_REPLICATION_H
