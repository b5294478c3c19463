//===----------------------------------------------------------------------===//
// Tensor maps. The driver only says that something is invalid, so the rules
// are checked here (CUDA driver API, cuTensorMapEncodeTiled).
//===----------------------------------------------------------------------===//
#include "runtime/device/cuda/Kernel.h"

#include "runtime/UserError.h"

#include <algorithm>
#include <optional>

using namespace flmrt;
using namespace flmrt::cuda;

static constexpr size_t maxRank = 5;
static constexpr int64_t maxBox = 256;
static constexpr int64_t alignment = 16; ///< of the base and of each stride

static int64_t bytesOf(TensorMapType type) {
  return type == TensorMapType::BFloat16 ? 2 : 4;
}

static std::optional<TensorMapSwizzle> swizzleOf(int64_t bytes) {
  switch (bytes) {
  case 0:
    return TensorMapSwizzle::None;
  case 32:
    return TensorMapSwizzle::Bytes32;
  case 64:
    return TensorMapSwizzle::Bytes64;
  case 128:
    return TensorMapSwizzle::Bytes128;
  default:
    return std::nullopt;
  }
}

/// The rule that `request` breaks; empty if there is none.
static std::string problemWith(const TensorMapRequest &request) {
  size_t rank = request.shape.size();
  if (rank < 1 || rank > maxRank)
    return "it has " + std::to_string(rank) + " dims, expected 1 to 5";
  if (request.box.size() != rank)
    return "its box has " + std::to_string(request.box.size()) + " dims of " +
           std::to_string(rank);
  if (request.base % alignment != 0)
    return "it does not begin at a multiple of 16 bytes";
  for (int64_t size : request.shape)
    if (size < 1 || size > int64_t{1} << 32)
      return "a dim has " + std::to_string(size) +
             " elements, expected 1 to 2^32";
  for (int64_t size : request.box)
    if (size < 1 || size > maxBox)
      return "a side of its box is " + std::to_string(size) +
             ", expected 1 to 256";
  int64_t row = request.shape.back() * bytesOf(request.type);
  if (rank > 1 && row % alignment != 0)
    return "its rows have " + std::to_string(row) +
           " bytes, expected a multiple of 16: pad them";
  int64_t span = request.box.back() * bytesOf(request.type);
  if (span % alignment != 0)
    return "a row of its box has " + std::to_string(span) +
           " bytes, expected a multiple of 16";
  if (!swizzleOf(request.swizzle))
    return "it is swizzled over " + std::to_string(request.swizzle) +
           " bytes, expected 0, 32, 64 or 128";
  if (request.swizzle != 0 && span > request.swizzle)
    return "a row of its box has " + std::to_string(span) +
           " bytes, more than the swizzle's " + std::to_string(request.swizzle);
  return {};
}

TensorMap flmrt::cuda::encodeTensorMap(const TensorMapRequest &request) {
  if (std::string problem = problemWith(request); !problem.empty())
    throw UserError("no tensor map for this tensor: " + problem);

  // The driver counts dims from the innermost, and takes no stride for it.
  size_t rank = request.shape.size();
  uint64_t sizes[maxRank], strides[maxRank] = {};
  uint32_t box[maxRank], elementStrides[maxRank];
  uint64_t stride = static_cast<uint64_t>(bytesOf(request.type));
  for (size_t i = 0; i < rank; ++i) {
    sizes[i] = static_cast<uint64_t>(request.shape[rank - 1 - i]);
    box[i] = static_cast<uint32_t>(request.box[rank - 1 - i]);
    elementStrides[i] = 1;
    stride *= sizes[i];
    strides[i] = stride;
  }
  const Driver &driver = Driver::get();
  TensorMap result;
  driver.check(driver->encodeTensorMap(
                   &result, request.type, static_cast<uint32_t>(rank),
                   reinterpret_cast<void *>(request.base), sizes, strides, box,
                   elementStrides, TensorMapInterleave::None,
                   *swizzleOf(request.swizzle), TensorMapL2Promotion::Bytes256,
                   TensorMapFill::Zeros),
               "encoding a tensor map");
  return result;
}
