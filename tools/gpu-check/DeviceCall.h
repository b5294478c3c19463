//===----------------------------------------------------------------------===//
// A kernel on the GPU with the tensors that it works on.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_DEVICECALL_H
#define FLM_TOOLS_GPU_CHECK_DEVICECALL_H

#include "codegen/gpu/reference/Tensors.h"
#include "runtime/device/cuda/Kernel.h"

#include <deque>
#include <map>

namespace flm::gpucheck {

using gpuref::Sizes;

/// Tensors by the names that a kernel's description gives them.
using NamedTensors = std::map<std::string, gpuref::Tensor>;

/// One call of a kernel. For timing there may be several copies of its tensors,
/// which launches take in turn.
class DeviceCall {
public:
  /// Puts `tensors` on the GPU, guards included.
  DeviceCall(const flmrt::cuda::Kernel &kernel,
             const gpuref::KernelDescription &description, const Sizes &scalars,
             NamedTensors &tensors, const flmrt::cuda::Device &device);

  /// Contents as they were at first.
  void reset(NamedTensors &tensors);
  /// Makes copies, so that no launch finds in the L2 cache what the one before
  /// it has left there: together at least `bytes`, as far as there is memory.
  void addCopies(int64_t bytes);
  size_t copies() const { return calls.size(); }

  void launch();
  /// What the first copy holds now, guards included.
  void fetch(NamedTensors &tensors) const;

private:
  /// A copy of the tensors, and the arguments that refer to it.
  struct Call {
    std::map<std::string, flmrt::cuda::DeviceMemory> memory;
    std::deque<flmrt::cuda::TensorMap> maps;
    std::deque<flmrt::cuda::Address> addresses;
    std::vector<void *> arguments;
  };
  Call makeCall();

  const flmrt::cuda::Kernel &kernel;
  const gpuref::KernelDescription &description;
  Sizes scalars;
  std::deque<int32_t> integers;
  std::map<std::string, int64_t> bytes; ///< with guards
  flmrt::cuda::LaunchSize size;
  std::deque<Call> calls;
  size_t next = 0;
};

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_DEVICECALL_H
