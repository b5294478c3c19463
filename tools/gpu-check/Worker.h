//===----------------------------------------------------------------------===//
// The process that uses the GPU. A kernel that hangs or faults ends it, and
// nothing else: another takes over after that kernel.
//
// It answers requests, a line of JSON each, with lines of JSON:
//   {"do": "open"}              {"device": {"name": ..., ...}}
//   {"do": "prepare", "run": 3} {"error": 0.41, "repeatable": true}
//                               or with "wrong": "...", or "skipped": "..."
//   {"do": "round"}             {"seconds": 0.0017}: of one launch, of the run
//                               that was prepared last
//   {"do": "copy"}              {"bytes_per_second": 2.9e12}: read and written
// or {"failed": "..."}, after which it ends. Before it begins something that
// may take long it says {"phase": "..."}.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_WORKER_H
#define FLM_TOOLS_GPU_CHECK_WORKER_H

#include "tools/gpu-check/DeviceCall.h"
#include "tools/gpu-check/Phases.h"
#include "tools/gpu-check/ReferencePool.h"

#include <iostream>

namespace flm::gpucheck {

class Worker {
public:
  /// Runs of `runs` will be asked for from `first` on, in order.
  Worker(const std::vector<BundleRun> &runs, size_t first)
      : runs(runs), first(first) {}

  /// Answers the requests of `is` until it ends.
  void serve(std::istream &is, std::ostream &os);

private:
  nlohmann::json answer(const nlohmann::json &request);
  nlohmann::json open();
  nlohmann::json prepare(size_t index);
  nlohmann::json round();
  nlohmann::json copy();
  void say(const Phase &phase);
  void load(const BundledKernel &kernel);
  /// Runs the kernel, and fetches what its tensors hold then.
  void runOnce(NamedTensors &results);
  NamedTensors enlarge(const BundleRun &planned,
                       gpuref::KernelTensors &small) const;

  const std::vector<BundleRun> &runs;
  size_t first;
  std::ostream *out = nullptr;

  std::unique_ptr<flmrt::cuda::Device> device;
  std::unique_ptr<ReferencePool> references;
  const BundledKernel *loaded = nullptr;
  std::unique_ptr<flmrt::cuda::Kernel> kernel;
  std::unique_ptr<DeviceCall> call; ///< refers to `kernel`
  int64_t launchesPerRound = 0;     ///< 0: not known yet
  std::unique_ptr<flmrt::cuda::DeviceMemory> copySource, copyTarget;
};

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_WORKER_H
