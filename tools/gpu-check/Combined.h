//===----------------------------------------------------------------------===//
// Runs that are one operation together, and one call of whoever it is compared
// with: the backward pass of attention is three kernels, a matrix
// multiplication whose inner dim is split two.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_COMBINED_H
#define FLM_TOOLS_GPU_CHECK_COMBINED_H

#include "tools/gpu-check/Session.h"

namespace flm::gpucheck {

struct CombinedResult {
  std::string name, arch;
  std::string attribute; ///< of the part that does most of the work
  Sizes sizes;
  double seconds = 0; ///< of all of its kernels
  double flops = 0;   ///< in the usual count of the operation
  std::map<std::string, double> peerSeconds;
};

/// Whether the run is a part of an operation that has no peer of its own.
bool isPart(const BundleRun &planned);

/// The operations of which every part was timed and is right.
std::vector<CombinedResult> combine(const std::vector<RunResult> &results);

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_COMBINED_H
