//===----------------------------------------------------------------------===//
// The rules of tensor maps (CUDA driver API, cuTensorMapEncodeTiled).
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/TensorMap.h"

using namespace flm::emu;

static constexpr int64_t alignment = 16; ///< of the base and of each stride
static constexpr int32_t maxBox = 256;
static constexpr int64_t maxStride = int64_t{1} << 40;

static const GlobalRange *rangeOf(const TensorMap &map, const Launch &launch) {
  for (const GlobalRange &range : launch.memory)
    if (map.base >= range.begin && map.base < range.begin + range.bytes)
      return &range;
  return nullptr;
}

std::string flm::emu::nameOf(const TensorMap &map, const Launch &launch) {
  const GlobalRange *range = rangeOf(map, launch);
  return range ? range->name : "?";
}

/// A multiple of 16 below 2^40, and at least what the dims inside take.
static std::string problemWithStride(const TensorMap &map, int dim) {
  int64_t stride = map.strideBytes[dim];
  if (stride <= 0 || stride >= maxStride || stride % alignment != 0)
    return "the stride of dim " + std::to_string(dim) + " is " +
           std::to_string(stride) +
           " bytes; expected a multiple of 16 below 2^40";
  if (stride < map.strideBytes[dim - 1] * map.dims[dim - 1])
    return "the stride of dim " + std::to_string(dim) + " is " +
           std::to_string(stride) + " bytes, less than dim " +
           std::to_string(dim - 1) + " spans";
  return {};
}

static std::string problemWithBox(const TensorMap &map) {
  for (int i = 0; i < map.rank; ++i)
    if (map.box[i] < 1 || map.box[i] > maxBox)
      return "side " + std::to_string(i) + " of its box is " +
             std::to_string(map.box[i]) + "; expected 1 to 256";
  int64_t row = map.box[0] * map.strideBytes[0];
  if (row % alignment != 0)
    return "a row of its box has " + std::to_string(row) +
           " bytes; expected a multiple of 16";
  int swizzle = map.swizzleBytes;
  if (swizzle != 0 && swizzle != 32 && swizzle != 64 && swizzle != 128)
    return "it is swizzled over " + std::to_string(swizzle) +
           " bytes; expected 0, 32, 64 or 128";
  if (swizzle != 0 && row > swizzle)
    return "a row of its box has " + std::to_string(row) +
           " bytes, more than the swizzle spans, " + std::to_string(swizzle);
  return {};
}

std::string flm::emu::problemWith(const TensorMap &map, const Launch &launch) {
  if (map.rank < 1 || map.rank > TensorMap::maxRank)
    return "it has " + std::to_string(map.rank) + " dims; expected 1 to 5";
  if (reinterpret_cast<uintptr_t>(map.base) % alignment != 0)
    return "the tensor does not begin at a multiple of 16 bytes";
  int64_t end = map.strideBytes[0];
  for (int i = 0; i < map.rank; ++i) {
    if (map.dims[i] < 1)
      return "dim " + std::to_string(i) + " has " +
             std::to_string(map.dims[i]) + " elements; expected 1 to 2^32";
    if (std::string problem = i ? problemWithStride(map, i) : "";
        !problem.empty())
      return problem;
    end += (map.dims[i] - 1) * map.strideBytes[i];
  }
  const GlobalRange *range = rangeOf(map, launch);
  if (!range || map.base + end > range->begin + range->bytes)
    return "it spans " + std::to_string(end) +
           " bytes, beyond the memory that the launch names";
  return problemWithBox(map);
}
