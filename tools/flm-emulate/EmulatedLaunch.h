//===----------------------------------------------------------------------===//
// One launch of a kernel on the emulator: its arguments as a host would pass
// them to cuLaunchKernel.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLM_EMULATE_EMULATEDLAUNCH_H
#define FLM_TOOLS_FLM_EMULATE_EMULATEDLAUNCH_H

#include "codegen/gpu/emulator/runtime/Emulator.h"
#include "codegen/gpu/reference/Tensors.h"
#include "tools/flm-emulate/HostKernel.h"

#include <deque>

namespace flm::gpu {

class EmulatedLaunch {
public:
  /// On a GPU that holds `residentBlocks` blocks at once. Refers to `tensors`.
  EmulatedLaunch(gpuref::KernelTensors &tensors, HostKernel::Entry entry,
                 int64_t residentBlocks);
  EmulatedLaunch(const EmulatedLaunch &) = delete;
  EmulatedLaunch &operator=(const EmulatedLaunch &) = delete;

  emu::Result run(const emu::Options &options) const {
    return emu::run(launch, options);
  }

private:
  emu::Launch launch;
  // What the arguments point to.
  std::deque<emu::TensorMap> maps;
  std::deque<char *> pointers;
  std::deque<int32_t> integers;
};

} // namespace flm::gpu

#endif // FLM_TOOLS_FLM_EMULATE_EMULATEDLAUNCH_H
