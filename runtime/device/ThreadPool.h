//===----------------------------------------------------------------------===//
// The threads that run kernels: a fixed set that shares out numbered tasks.
//
// A step is hundreds of parallel regions back to back, many of them shorter
// than a millisecond, so starting a region must cost less than a microsecond:
// workers spin for a while between regions and sleep on a futex only when
// nothing comes. Tasks are handed out by one atomic counter. The thread that
// opens a region works too, and waits at its end only for the workers that
// have entered it: one that the kernel has not scheduled yet holds nobody up.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DEVICE_THREADPOOL_H
#define FLM_RUNTIME_DEVICE_THREADPOOL_H

#include "runtime/abi/Program.h"
#include "runtime/device/Arena.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace flmrt {

class ThreadPool {
public:
  /// `threads` >= 1 counts the calling thread; each gets `workspaceBytes` of
  /// private workspace, 64-byte aligned. From now on flm_parallel_for runs
  /// here; at most one pool may exist at a time.
  ThreadPool(int threads, int64_t workspaceBytes);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// The CPUs that this process may run on; where a launcher has started
  /// several ranks on the machine, no more than its share of them. At least 1.
  static int hardwareThreads();

  int threads() const { return static_cast<int>(workers.size()) + 1; }

  /// Runs task 0 … tasks-1 of `fn` and returns when all are done. To be called
  /// by one thread at a time, and not from within a task.
  void run(FlmTask fn, void *const *args, int64_t tasks);

  /// The same for the runtime's own loops: `body(task)`, which must not throw.
  void forEach(int64_t tasks, const std::function<void(int64_t)> &body);

private:
  void workerLoop(int thread);
  void takeTasks(int thread);
  void stop();
  std::byte *workspaceOf(int thread) const;

  // Each word that threads write is on its own cache line.
  struct alignas(64) Word {
    std::atomic<uint32_t> value{0};
  };

  // The open region. Written only while `entered` is 0 and `isOpen` is 0.
  FlmTask regionTask = nullptr;
  void *const *regionArgs = nullptr;
  int64_t regionTasks = 0;

  alignas(64) std::atomic<int64_t> nextTask{0};
  Word generation;      ///< counts regions; workers wait for it to change
  Word isOpen;          ///< 1 while tasks of the region may be taken
  Word entered;         ///< workers that may be reading the region
  Word sleepingWorkers; ///< wake them when a region opens
  Word sleepingCaller;  ///< wake it when `entered` falls to 0
  std::atomic<bool> stopping{false};

  Arena workspaces;
  int64_t workspaceStride = 0;
  int workerSpins = 0;
  int callerSpins = 0;
  std::vector<std::thread> workers;
};

} // namespace flmrt

#endif // FLM_RUNTIME_DEVICE_THREADPOOL_H
