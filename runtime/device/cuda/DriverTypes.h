//===----------------------------------------------------------------------===//
// The part of the CUDA driver's ABI that we call, in our own words.
//
// The driver is a shared library of the GPU's machine, and its ABI is stable:
// functions keep their meaning, a changed one gets a new name (cuMemAlloc_v2).
// Declaring the few types here lets everything build, and be tested, where no
// CUDA toolkit is installed. Names and numbers are those of cuda.h (CUDA 13.0);
// where that header is found, DriverTypesCheck.cpp compares the two.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DEVICE_CUDA_DRIVERTYPES_H
#define FLM_RUNTIME_DEVICE_CUDA_DRIVERTYPES_H

#include <cstddef>
#include <cstdint>

namespace flmrt::cuda {

/// CUresult. The codes that we treat in a way of their own; the driver names
/// the others (cuGetErrorName).
enum class Status : int {
  Success = 0,
  OutOfMemory = 2,
  StubLibrary = 34,
  NoDevice = 100,
  InvalidImage = 200,
  NoBinaryForGpu = 209,
  InvalidPtx = 218,
  UnsupportedPtxVersion = 222,
  NotFound = 500,
  NotReady = 600,
};

// Handles, of which only the driver knows what they point to.
using DeviceOrdinal = int; ///< CUdevice
using Address = uint64_t;  ///< CUdeviceptr
using Context = struct DriverContext *;
using Module = struct DriverModule *;
using Function = struct DriverFunction *;
using Stream = struct DriverStream *;
using Event = struct DriverEvent *;

/// CUdevice_attribute
enum class DeviceAttribute : int {
  ClockRateKHz = 13,
  MultiprocessorCount = 16,
  L2CacheBytes = 38,
  ComputeCapabilityMajor = 75,
  ComputeCapabilityMinor = 76,
  SharedMemoryPerBlockOptIn = 97,
};

/// CUfunction_attribute
enum class FunctionAttribute : int {
  MaxDynamicSharedBytes = 8,
  NonPortableClusterSizeAllowed = 14,
};

/// CUjit_option
enum class JitOption : int { ErrorLogBuffer = 5, ErrorLogBufferBytes = 6 };

/// CUlaunchAttribute, of which we set the size of clusters alone.
struct LaunchAttribute {
  static constexpr int clusterDimension = 4;

  int id = clusterDimension;
  char padding[4] = {};
  struct Value {
    unsigned x = 1, y = 1, z = 1;
    char rest[64 - 3 * sizeof(unsigned)] = {};
  } value;
};
static_assert(sizeof(LaunchAttribute) == 72);

/// CUlaunchConfig
struct LaunchConfig {
  unsigned gridX = 1, gridY = 1, gridZ = 1;
  unsigned blockX = 1, blockY = 1, blockZ = 1;
  unsigned sharedBytes = 0;
  Stream stream = nullptr;
  LaunchAttribute *attributes = nullptr;
  unsigned attributeCount = 0;
};
static_assert(sizeof(LaunchConfig) == 56);

/// CUtensorMap: only the driver knows what is in it.
struct alignas(128) TensorMap {
  uint64_t opaque[16];
};

enum class TensorMapType : int { Int32 = 3, Float32 = 7, BFloat16 = 9 };
enum class TensorMapInterleave : int { None = 0 };
enum class TensorMapSwizzle : int {
  None = 0,
  Bytes32 = 1,
  Bytes64 = 2,
  Bytes128 = 3
};
enum class TensorMapL2Promotion : int { None = 0, Bytes128 = 2, Bytes256 = 3 };
enum class TensorMapFill : int { Zeros = 0 };

} // namespace flmrt::cuda

#endif // FLM_RUNTIME_DEVICE_CUDA_DRIVERTYPES_H
