//===----------------------------------------------------------------------===//
// The CUDA driver, loaded when it is asked for: a program that holds GPU
// kernels starts, and says what is missing, on a machine without one.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DEVICE_CUDA_DRIVER_H
#define FLM_RUNTIME_DEVICE_CUDA_DRIVER_H

#include "runtime/device/cuda/DriverTypes.h"

#include <string>

namespace flmrt::cuda {

/// The driver's functions, under our names.
struct DriverTable {
#define FLM_DRIVER_FUNCTION(member, symbol, parameters)                        \
  Status(*member) parameters = nullptr;
#include "runtime/device/cuda/Driver.def"
};

/// A loaded and initialised driver.
///
///   const Driver &driver = Driver::get();
///   driver.check(driver->allocate(&address, bytes), "allocating 1024 bytes");
class Driver {
public:
  /// Loads libcuda.so.1 on the first call. Throws UserError where there is
  /// none, where it is the stub that CUDA toolkits bring for linking, where it
  /// is too old, and where it finds no GPU.
  static const Driver &get();

  const DriverTable *operator->() const { return &table; }

  /// CUDA version that the driver supports, e.g. 12040 for 12.4.
  int version() const { return supported; }
  std::string versionText() const;

  /// Throws UserError "<doing>: <name and text of the error>" unless `status`
  /// is Success.
  void check(Status status, const std::string &doing) const;
  /// E.g. "CUDA_ERROR_ILLEGAL_ADDRESS (700), an illegal memory access was
  /// encountered".
  std::string describe(Status status) const;

  /// The oldest driver with every function of the table: clusters and tensor
  /// maps came with CUDA 12.0.
  static constexpr int oldestVersion = 12000;

private:
  Driver();

  DriverTable table;
  int supported = 0;
};

} // namespace flmrt::cuda

#endif // FLM_RUNTIME_DEVICE_CUDA_DRIVER_H
