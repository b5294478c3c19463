//===----------------------------------------------------------------------===//
// Names and packing.
//===----------------------------------------------------------------------===//
#include "runtime/comm/Collective.h"

#include <cassert>
#include <cstring>

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

void Blocks::extract(const void *whole, int64_t part, void *out,
                     int64_t elementBytes) const {
  const auto *from = static_cast<const char *>(whole);
  auto *to = static_cast<char *>(out);
  const int64_t row = inner * elementBytes;
  for (int64_t o = 0; o < outer; ++o)
    std::memcpy(to + o * row, from + (o * parts + part) * row,
                static_cast<size_t>(row));
}

void Blocks::insert(const void *in, int64_t part, void *whole,
                    int64_t elementBytes) const {
  const auto *from = static_cast<const char *>(in);
  auto *to = static_cast<char *>(whole);
  const int64_t row = inner * elementBytes;
  for (int64_t o = 0; o < outer; ++o)
    std::memcpy(to + (o * parts + part) * row, from + o * row,
                static_cast<size_t>(row));
}
