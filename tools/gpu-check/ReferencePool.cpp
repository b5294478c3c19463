//===----------------------------------------------------------------------===//
// Computing references ahead of time.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/ReferencePool.h"

#include <algorithm>
#include <cassert>

using namespace flm;
using namespace flm::gpucheck;

/// Always the same, so that a failure repeats.
static constexpr uint64_t seed = 1;

static Reference compute(const BundleRun &planned) {
  const gpuref::KernelDescription &kernel = planned.kernel->description;
  Reference result;
  try {
    result.tensors = gpuref::KernelTensors::create(
        kernel, planned.run->reference, seed, result.problem);
    if (result.tensors)
      result.expected = gpuref::findReference(kernel)->compute(*result.tensors);
  } catch (const std::bad_alloc &) {
    result.tensors.reset();
    result.problem = "the memory of this machine is too small for it";
  }
  return result;
}

ReferencePool::ReferencePool(const std::vector<BundleRun> &runs, size_t first)
    : runs(runs), next(first), wanted(first) {
  // One is left to feed the GPU.
  size_t count = std::max(2u, std::thread::hardware_concurrency()) - 1;
  count = std::min<size_t>(count, 16);
  ahead = 2 * count;
  for (size_t i = 0; i < count; ++i)
    threads.emplace_back([this] { work(); });
}

ReferencePool::~ReferencePool() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stop = true;
  }
  changed.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

void ReferencePool::work() {
  std::unique_lock<std::mutex> lock(mutex);
  for (;;) {
    changed.wait(lock, [&] {
      return stop || (next < runs.size() && next <= wanted + ahead);
    });
    if (stop)
      return;
    size_t index = next++;
    lock.unlock();
    Reference reference = compute(runs[index]);
    lock.lock();
    ready.emplace(index, std::move(reference));
    changed.notify_all();
  }
}

Reference ReferencePool::take(size_t index) {
  std::unique_lock<std::mutex> lock(mutex);
  wanted = index;
  next = std::max(next, index);
  changed.notify_all();
  changed.wait(lock, [&] { return ready.count(index) != 0; });
  Reference result = std::move(ready.at(index));
  ready.erase(ready.begin(), ready.upper_bound(index));
  return result;
}
