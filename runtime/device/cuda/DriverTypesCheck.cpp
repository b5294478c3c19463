//===----------------------------------------------------------------------===//
// Our declarations of the driver's ABI against NVIDIA's. Built where a CUDA
// toolkit is installed; there is nothing to run.
//===----------------------------------------------------------------------===//
#include "runtime/device/cuda/Driver.h"

#include <cuda.h>

#include <cstddef>
#include <type_traits>

using namespace flmrt::cuda;

#define SAME_VALUE(ours, theirs)                                               \
  static_assert(static_cast<int>(ours) == static_cast<int>(theirs))

SAME_VALUE(Status::Success, CUDA_SUCCESS);
SAME_VALUE(Status::OutOfMemory, CUDA_ERROR_OUT_OF_MEMORY);
SAME_VALUE(Status::StubLibrary, CUDA_ERROR_STUB_LIBRARY);
SAME_VALUE(Status::NoDevice, CUDA_ERROR_NO_DEVICE);
SAME_VALUE(Status::InvalidImage, CUDA_ERROR_INVALID_IMAGE);
SAME_VALUE(Status::NoBinaryForGpu, CUDA_ERROR_NO_BINARY_FOR_GPU);
SAME_VALUE(Status::InvalidPtx, CUDA_ERROR_INVALID_PTX);
SAME_VALUE(Status::UnsupportedPtxVersion, CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
SAME_VALUE(Status::NotFound, CUDA_ERROR_NOT_FOUND);
SAME_VALUE(Status::NotReady, CUDA_ERROR_NOT_READY);

SAME_VALUE(DeviceAttribute::ClockRateKHz, CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
SAME_VALUE(DeviceAttribute::MultiprocessorCount,
           CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
SAME_VALUE(DeviceAttribute::L2CacheBytes, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
SAME_VALUE(DeviceAttribute::ComputeCapabilityMajor,
           CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
SAME_VALUE(DeviceAttribute::ComputeCapabilityMinor,
           CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
SAME_VALUE(DeviceAttribute::SharedMemoryPerBlockOptIn,
           CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
SAME_VALUE(FunctionAttribute::MaxDynamicSharedBytes,
           CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
SAME_VALUE(FunctionAttribute::NonPortableClusterSizeAllowed,
           CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED);
SAME_VALUE(JitOption::ErrorLogBuffer, CU_JIT_ERROR_LOG_BUFFER);
SAME_VALUE(JitOption::ErrorLogBufferBytes, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES);
SAME_VALUE(LaunchAttribute::clusterDimension,
           CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION);

SAME_VALUE(TensorMapType::Int32, CU_TENSOR_MAP_DATA_TYPE_INT32);
SAME_VALUE(TensorMapType::Float32, CU_TENSOR_MAP_DATA_TYPE_FLOAT32);
SAME_VALUE(TensorMapType::BFloat16, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16);
SAME_VALUE(TensorMapInterleave::None, CU_TENSOR_MAP_INTERLEAVE_NONE);
SAME_VALUE(TensorMapSwizzle::None, CU_TENSOR_MAP_SWIZZLE_NONE);
SAME_VALUE(TensorMapSwizzle::Bytes32, CU_TENSOR_MAP_SWIZZLE_32B);
SAME_VALUE(TensorMapSwizzle::Bytes64, CU_TENSOR_MAP_SWIZZLE_64B);
SAME_VALUE(TensorMapSwizzle::Bytes128, CU_TENSOR_MAP_SWIZZLE_128B);
SAME_VALUE(TensorMapL2Promotion::None, CU_TENSOR_MAP_L2_PROMOTION_NONE);
SAME_VALUE(TensorMapL2Promotion::Bytes128, CU_TENSOR_MAP_L2_PROMOTION_L2_128B);
SAME_VALUE(TensorMapL2Promotion::Bytes256, CU_TENSOR_MAP_L2_PROMOTION_L2_256B);
SAME_VALUE(TensorMapFill::Zeros, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);

static_assert(sizeof(TensorMap) == sizeof(CUtensorMap) &&
              alignof(TensorMap) == alignof(CUtensorMap));
static_assert(sizeof(LaunchAttribute) == sizeof(CUlaunchAttribute) &&
              offsetof(LaunchAttribute, id) ==
                  offsetof(CUlaunchAttribute, id) &&
              offsetof(LaunchAttribute, value) ==
                  offsetof(CUlaunchAttribute, value));
static_assert(sizeof(LaunchConfig) == sizeof(CUlaunchConfig));
#define SAME_OFFSET(ours, theirs)                                              \
  static_assert(offsetof(LaunchConfig, ours) ==                                \
                offsetof(CUlaunchConfig, theirs))
SAME_OFFSET(gridX, gridDimX);
SAME_OFFSET(gridZ, gridDimZ);
SAME_OFFSET(blockX, blockDimX);
SAME_OFFSET(sharedBytes, sharedMemBytes);
SAME_OFFSET(stream, hStream);
SAME_OFFSET(attributes, attrs);
SAME_OFFSET(attributeCount, numAttrs);

/// What the ABI sees of a type: enums are ints, pointers are pointers.
template <typename T> constexpr bool isPassedAlike(size_t bytes, bool pointer) {
  return sizeof(T) == bytes && std::is_pointer_v<T> == pointer;
}
template <typename Ours, typename Theirs> struct SameSignature;
template <typename R, typename... A, typename S, typename... B>
struct SameSignature<R (*)(A...), S(B...)> {
  static constexpr bool value = [] {
    if constexpr (sizeof...(A) != sizeof...(B))
      return false;
    else
      return sizeof(R) == sizeof(S) &&
             (isPassedAlike<A>(sizeof(B), std::is_pointer_v<B>) && ...);
  }();
};

// The macros of cuda.h give the functions the names that the table has.
#define FLM_DRIVER_FUNCTION(member, symbol, ...)                               \
  static_assert(                                                               \
      SameSignature<decltype(DriverTable::member), decltype(symbol)>::value,   \
      #symbol);
#include "runtime/device/cuda/Driver.def"
