//===----------------------------------------------------------------------===//
// What this machine's CPU can do. The runtime itself is compiled for the
// baseline of its architecture; the program's kernels may need more.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DEVICE_CPUFEATURES_H
#define FLM_RUNTIME_DEVICE_CPUFEATURES_H

#include <string>
#include <vector>

namespace flmrt {

/// Whether the CPU has the feature that LLVM calls `name`, one of
/// runtime/abi/CpuFeatures.def, and the system lets it be used. No for others.
bool hasCpuFeature(const std::string &name);

/// Throws UserError if `features`, of a CPU called `name`, are not all there.
void requireCpuFeatures(const std::string &name,
                        const std::vector<std::string> &features);

} // namespace flmrt

#endif // FLM_RUNTIME_DEVICE_CPUFEATURES_H
