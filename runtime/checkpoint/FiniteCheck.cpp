//===----------------------------------------------------------------------===//
// A look at exponents: one pass over memory, in vectors.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/FiniteCheck.h"

#include "runtime/checkpoint/MappedTensor.h"

#include <algorithm>
#include <cstring>

using namespace flmrt;

bool flmrt::areFinite(const float *values, int64_t count) {
  constexpr uint32_t exponent = 0x7F800000;
  constexpr int64_t block = 1 << 12;
  for (int64_t begin = 0; begin < count; begin += block) {
    uint32_t largest = 0;
    for (int64_t i = begin; i < std::min(begin + block, count); ++i) {
      uint32_t bits;
      std::memcpy(&bits, values + i, sizeof bits);
      largest = std::max(largest, bits & exponent);
    }
    if (largest == exponent)
      return false;
  }
  return true;
}

std::string flmrt::firstNotFinite(ProgramDevice &device,
                                  const std::vector<Tensor> &tensors) {
  for (const Tensor &tensor : tensors) {
    MappedTensor here(device, tensor, MapAccess::Read);
    if (!areFinite(here.data(), here.elements()))
      return tensor.name;
  }
  return "";
}
