//===----------------------------------------------------------------------===//
// References of the runs to come, computed on all CPUs while the GPU works.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_REFERENCEPOOL_H
#define FLM_TOOLS_GPU_CHECK_REFERENCEPOOL_H

#include "codegen/gpu/reference/References.h"
#include "tools/gpu-check/Runs.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace flm::gpucheck {

/// Inputs of a run at its reference's sizes, and what should come out.
struct Reference {
  std::unique_ptr<gpuref::KernelTensors> tensors; ///< null: see `problem`
  std::vector<gpuref::Expected> expected;
  std::string problem; ///< why there is no reference
};

class ReferencePool {
public:
  /// Begins with run `first` of `runs`, in order.
  ReferencePool(const std::vector<BundleRun> &runs, size_t first);
  ~ReferencePool();

  /// Waits for that of run `index`; those before it are dropped.
  Reference take(size_t index);

private:
  void work();

  const std::vector<BundleRun> &runs;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<size_t, Reference> ready;
  size_t next;   ///< to be computed
  size_t wanted; ///< by whoever takes
  size_t ahead;  ///< how far beyond `wanted` is computed
  bool stop = false;
  std::vector<std::thread> threads;
};

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_REFERENCEPOOL_H
