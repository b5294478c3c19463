//===----------------------------------------------------------------------===//
// Machine code on a GPU, how it is launched, and the tensor maps (TMA
// descriptors) that it is given.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DEVICE_CUDA_KERNEL_H
#define FLM_RUNTIME_DEVICE_CUDA_KERNEL_H

#include "runtime/device/cuda/Device.h"

#include <string>
#include <vector>

namespace flmrt::cuda {

/// How a kernel is started.
struct LaunchSize {
  int64_t blocks = 1;
  int64_t threads = 1; ///< per block
  int64_t cluster = 1; ///< blocks per cluster; divides `blocks`
  int64_t shared = 0;  ///< bytes of dynamic shared memory per block
};

/// A kernel of a loaded module.
class Kernel {
public:
  /// Loads `image`, a fatbin, a cubin or PTX, and finds `name` in it. Throws
  /// UserError, with what the driver's assembler says of PTX.
  Kernel(const std::string &image, const std::string &name);
  ~Kernel();
  Kernel(const Kernel &) = delete;
  Kernel &operator=(const Kernel &) = delete;

  /// Allows launches of this size (beyond 48 KiB of shared memory a block must
  /// ask). Before the first launch.
  void prepare(const LaunchSize &size);

  /// How many blocks of this size the GPU holds at once: the grid of a kernel
  /// whose blocks walk the tiles.
  int64_t residentBlocks(const LaunchSize &size, const Device &device) const;

  /// Starts the kernel. `arguments` are pointers to its arguments, in order; a
  /// tensor map is passed by value.
  void launch(const LaunchSize &size, std::vector<void *> arguments) const;

private:
  std::string name;
  Module module = nullptr;
  Function function = nullptr;
};

/// A dense row-major tensor in the memory of a GPU, as TMA sees it.
struct TensorMapRequest {
  Address base = 0;
  TensorMapType type = TensorMapType::BFloat16;
  std::vector<int64_t> shape; ///< elements, 1 to 5 dims
  std::vector<int64_t> box;   ///< of one copy, a size per dim
  int64_t swizzle = 0;        ///< span in bytes: 128, 64, 32 or 0
};

/// Throws UserError, saying which rule of cuTensorMapEncodeTiled it breaks.
TensorMap encodeTensorMap(const TensorMapRequest &request);

} // namespace flmrt::cuda

#endif // FLM_RUNTIME_DEVICE_CUDA_KERNEL_H
