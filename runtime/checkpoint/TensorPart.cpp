//===----------------------------------------------------------------------===//
// From parts to runs.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/TensorPart.h"

#include <cassert>
#include <set>

using namespace flmrt;

static int64_t product(const std::vector<int64_t> &sizes) {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

std::string flmrt::partError(const std::vector<int64_t> &shape,
                             const std::vector<Part> &parts, const Mesh &mesh) {
  std::set<int64_t> axes, dims;
  int64_t elements = product(shape);
  for (const Part &part : parts) {
    if (part.axis < 0 || part.axis >= mesh.axes())
      return "a part is over an axis that the mesh does not have";
    const std::string axis = "'" + mesh.name(part.axis) + "'";
    const int64_t ranks = mesh.size(part.axis);
    if (!axes.insert(part.axis).second)
      return "two parts are over the axis " + axis;
    switch (part.kind) {
    case Part::Dim:
      if (part.dim < 0 || part.dim >= static_cast<int64_t>(shape.size()) ||
          !dims.insert(part.dim).second)
        return "dim " + std::to_string(part.dim) + " cannot be split over " +
               axis;
      if (part.chunks < 1 ||
          shape[static_cast<size_t>(part.dim)] % (ranks * part.chunks) != 0)
        return "dim " + std::to_string(part.dim) + " does not divide over " +
               axis;
      elements /= ranks;
      break;
    case Part::Flat:
      if (&part != &parts.back() || part.block < 1 ||
          part.block > INT64_MAX / ranks || part.block * ranks < elements)
        return "the flattened tensor cannot be split over " + axis;
      break;
    case Part::At:
      if (part.index < 0 || part.index >= ranks)
        return "there is no index " + std::to_string(part.index) + " on " +
               axis;
      break;
    }
  }
  return "";
}

int64_t flmrt::partElements(const std::vector<int64_t> &shape,
                            const std::vector<Part> &parts, const Mesh &mesh) {
  int64_t elements = product(shape);
  for (const Part &part : parts)
    if (part.kind == Part::Dim)
      elements /= mesh.size(part.axis);
    else if (part.kind == Part::Flat)
      elements = part.block;
  return elements;
}

TensorPart::TensorPart(int64_t elements)
    : runElements(std::max<int64_t>(1, elements)), memoryEnd(elements) {}

TensorPart::TensorPart(const std::vector<int64_t> &shape,
                       const std::vector<Part> &parts, const Mesh &mesh,
                       int64_t rank, std::optional<int64_t> layer) {
  assert(partError(shape, parts, mesh).empty());
  const Part *flat = nullptr;
  bool isHere = true;
  std::vector<LocalDim> all;
  for (int64_t size : shape)
    all.push_back({size, size, 0, size, 1});
  for (const Part &part : parts) {
    const int64_t ranks = mesh.size(part.axis);
    const int64_t index = mesh.coordinate(rank, part.axis);
    if (part.kind == Part::Flat) {
      flat = &part;
    } else if (part.kind == Part::At) {
      isHere &= index == part.index;
    } else {
      LocalDim &dim = all[static_cast<size_t>(part.dim)];
      dim.block = dim.size / ranks / part.chunks;
      dim.size /= ranks;
      dim.first = index * dim.block;
      dim.stride = ranks * dim.block;
    }
  }
  int64_t flattened = 1; // elements of all layers that the other parts leave
  for (const LocalDim &dim : all)
    flattened *= dim.size;

  if (layer) {
    // The slot in which this rank has the layer, if it has it.
    const LocalDim &layers = all.front();
    const int64_t chunk = *layer / layers.stride;
    const int64_t within = *layer - chunk * layers.stride - layers.first;
    isHere &= within >= 0 && within < layers.block;
    tensorBegin = (chunk * layers.block + within) * (flattened / layers.size);
    flattened /= layers.size;
    all.erase(all.begin());
  }
  int64_t elements = 1; // of the tensor, per index of the dim at hand
  size_t split = 0;     // dims up to the last split one
  for (size_t d = all.size(); d-- > 0;) {
    all[d].elements = elements;
    const int64_t size = all[d].stride * (all[d].size / all[d].block);
    elements *= size;
    if (!split && size != all[d].size)
      split = d + 1;
  }
  for (size_t d = split; d < all.size(); ++d)
    runElements *= all[d].size;
  all.resize(split);
  if (split)
    runElements *= all.back().block;
  dims = std::move(all);

  if (!isHere)
    return; // empty
  memoryBegin = tensorBegin;
  memoryEnd = tensorBegin + flattened;
  if (flat) {
    windowBegin = mesh.coordinate(rank, flat->axis) * flat->block;
    memoryBegin = std::max(memoryBegin, windowBegin);
    memoryEnd = std::min(memoryEnd, windowBegin + flat->block);
  }
}

int64_t TensorPart::elementOfRun(int64_t run) const {
  int64_t element = 0;
  for (size_t d = dims.size(); d-- > 0;) {
    const LocalDim &dim = dims[d];
    // Of the last dim, runs are whole blocks.
    const bool isLast = d + 1 == dims.size();
    const int64_t count = isLast ? dim.size / dim.block : dim.size;
    const int64_t index = (run % count) * (isLast ? dim.block : 1);
    run /= count;
    element +=
        (index / dim.block * dim.stride + dim.first + index % dim.block) *
        dim.elements;
  }
  return element;
}
