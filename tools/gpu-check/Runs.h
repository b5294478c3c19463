//===----------------------------------------------------------------------===//
// The runs of a bundle, numbered: the process that judges and the one that runs
// kernels speak of them by number.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_RUNS_H
#define FLM_TOOLS_GPU_CHECK_RUNS_H

#include "tools/gpu-check/Bundle.h"

namespace flm::gpucheck {

struct BundleRun {
  const BundledKernel *kernel;
  const Case *run;

  /// E.g. "gemm_nt_bf16_bf16 (sm_90a) 200x328x264".
  std::string name() const;
};

/// All runs whose kernel's name contains `filter`: first those that only check,
/// then those that measure too. Refers to `bundle`.
std::vector<BundleRun> runsOf(const Bundle &bundle, const std::string &filter);

/// Useful work of a run, in the usual counts.
struct Work {
  double flops = 0; ///< 0 where memory is what matters
  double bytes = 0; ///< each tensor read once, written once
};
Work workOf(const BundleRun &planned);

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_RUNS_H
