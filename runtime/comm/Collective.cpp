//===----------------------------------------------------------------------===//
// Names and blocks.
//===----------------------------------------------------------------------===//
#include "runtime/comm/Collective.h"

#include <cassert>

using namespace flmrt;

int64_t Collective::elements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

std::string Collective::describe(const Mesh &mesh) const {
  return "collective " + std::to_string(id) + " (" + flm::abi::name(kind) +
         " over " + mesh.name(axis) + " of %" + name +
         (source.empty() ? "" : ", " + source) + ")";
}

Blocks::Blocks(const std::vector<int64_t> &shape, int64_t dim, int64_t parts)
    : parts(parts) {
  assert(shape[static_cast<size_t>(dim)] % parts == 0);
  for (size_t d = 0; d < shape.size(); ++d)
    (static_cast<int64_t>(d) < dim ? outer : inner) *= shape[d];
  inner /= parts;
}
