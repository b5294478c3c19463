//===----------------------------------------------------------------------===//
// The grid of ranks that a plan was compiled for.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_COMM_MESH_H
#define FLM_RUNTIME_COMM_MESH_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flmrt {

/// Named axes with sizes. A rank is the row-major index of its coordinates, the
/// last axis fastest.
class Mesh {
public:
  /// One rank, no axes.
  Mesh() = default;
  /// `names` and `sizes` are equally many; sizes are at least 1.
  Mesh(std::vector<std::string> names, std::vector<int64_t> sizes);

  int64_t ranks() const { return rankCount; }
  int64_t axes() const { return static_cast<int64_t>(names.size()); }
  const std::string &name(int64_t axis) const {
    return names[static_cast<size_t>(axis)];
  }
  int64_t size(int64_t axis) const { return sizes[static_cast<size_t>(axis)]; }
  std::optional<int64_t> find(std::string_view name) const;

  /// The index of `rank` on `axis`.
  int64_t coordinate(int64_t rank, int64_t axis) const;
  /// The rank that differs from `rank` only in having `index` on `axis`.
  int64_t withCoordinate(int64_t rank, int64_t axis, int64_t index) const;
  /// The ranks that differ from `rank` only on `axis`, in the order of their
  /// index on it: entry `coordinate(rank, axis)` is `rank` itself.
  std::vector<int64_t> group(int64_t rank, int64_t axis) const;
  /// The row-major index of `rank` over some of the axes (ascending).
  int64_t indexOver(int64_t rank, const std::vector<int64_t> &axes) const;

  /// "dp 2 x tp 4"
  std::string describe() const;

private:
  std::vector<std::string> names;
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides; ///< ranks between neighbours on an axis
  int64_t rankCount = 1;
};

} // namespace flmrt

#endif // FLM_RUNTIME_COMM_MESH_H
