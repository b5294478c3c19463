//===----------------------------------------------------------------------===//
// One GPU: what it is, its memory, and how long work on it takes.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DEVICE_CUDA_DEVICE_H
#define FLM_RUNTIME_DEVICE_CUDA_DEVICE_H

#include "runtime/UserError.h"
#include "runtime/device/cuda/Driver.h"

#include <functional>
#include <string>

namespace flmrt::cuda {

/// A GPU, in use by this thread while the object lives.
class Device {
public:
  /// Opens the GPU `index` of those that CUDA_VISIBLE_DEVICES leaves. Throws
  /// UserError if there is no such GPU.
  explicit Device(int index = 0);
  ~Device();
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  std::string name() const;
  int64_t memoryBytes() const;
  int attribute(DeviceAttribute attribute) const;
  int multiprocessors() const {
    return attribute(DeviceAttribute::MultiprocessorCount);
  }
  /// E.g. 90 for an H100 (compute capability 9.0).
  int computeCapability() const;
  /// Whether kernels of `arch` ("sm_80", "sm_90a") run here. Those of an arch
  /// that ends in a letter run on exactly that one.
  bool runs(const std::string &arch) const;

  /// Waits for everything that was started. Throws UserError with what went
  /// wrong in a kernel; the device cannot be used any more then.
  void wait(const std::string &doing) const;

  /// Seconds between the beginning and the end of what `work` starts, as the
  /// GPU sees them.
  double time(const std::function<void()> &work) const;

private:
  const Driver &driver;
  DeviceOrdinal ordinal = 0;
  Context context = nullptr;
  Event begin = nullptr, end = nullptr;
};

/// Thrown where a GPU has too little memory left.
class OutOfMemory : public UserError {
public:
  using UserError::UserError;
};

/// A piece of a GPU's memory, aligned to 256 bytes. Freed with the object.
class DeviceMemory {
public:
  /// Throws OutOfMemory if there is not enough.
  explicit DeviceMemory(int64_t bytes);
  ~DeviceMemory();
  DeviceMemory(DeviceMemory &&other) noexcept;
  DeviceMemory &operator=(DeviceMemory &&other) noexcept;

  Address address() const { return begin; }
  int64_t bytes() const { return size; }

  /// All of it, from and to `size` bytes of host memory.
  void upload(const void *from);
  void download(void *to) const;
  /// Starts copying all of `other`, which has the same size.
  void copyFrom(const DeviceMemory &other);

private:
  Address begin = 0;
  int64_t size = 0;
};

} // namespace flmrt::cuda

#endif // FLM_RUNTIME_DEVICE_CUDA_DEVICE_H
