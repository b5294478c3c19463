//===----------------------------------------------------------------------===//
// Ranks to coordinates and back.
//===----------------------------------------------------------------------===//
#include "runtime/comm/Mesh.h"

#include <cassert>

using namespace flmrt;

Mesh::Mesh(std::vector<std::string> axisNames, std::vector<int64_t> axisSizes)
    : names(std::move(axisNames)), sizes(std::move(axisSizes)),
      strides(sizes.size()) {
  assert(names.size() == sizes.size());
  for (size_t axis = sizes.size(); axis-- > 0;) {
    assert(sizes[axis] >= 1);
    strides[axis] = rankCount;
    rankCount *= sizes[axis];
  }
}

std::optional<int64_t> Mesh::find(std::string_view name) const {
  for (size_t axis = 0; axis < names.size(); ++axis)
    if (names[axis] == name)
      return static_cast<int64_t>(axis);
  return std::nullopt;
}

int64_t Mesh::coordinate(int64_t rank, int64_t axis) const {
  return rank / strides[static_cast<size_t>(axis)] % size(axis);
}

int64_t Mesh::withCoordinate(int64_t rank, int64_t axis, int64_t index) const {
  return rank +
         (index - coordinate(rank, axis)) * strides[static_cast<size_t>(axis)];
}

std::vector<int64_t> Mesh::group(int64_t rank, int64_t axis) const {
  std::vector<int64_t> members;
  for (int64_t index = 0; index < size(axis); ++index)
    members.push_back(withCoordinate(rank, axis, index));
  return members;
}

int64_t Mesh::indexOver(int64_t rank, const std::vector<int64_t> &some) const {
  int64_t index = 0;
  for (int64_t axis : some)
    index = index * size(axis) + coordinate(rank, axis);
  return index;
}

std::string Mesh::describe() const {
  std::string text;
  for (int64_t axis = 0; axis < axes(); ++axis)
    text += (axis ? " x " : "") + name(axis) + " " + std::to_string(size(axis));
  return text.empty() ? "1 rank" : text;
}
