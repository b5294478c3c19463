//===----------------------------------------------------------------------===//
// Regions, spinning and sleeping.
//
// A region is opened by writing its description, then `isOpen`, then bumping
// `generation`. A worker that sees the new generation first raises `entered`
// and then looks at `isOpen`; the caller first clears `isOpen` and then looks
// at `entered`. Both pairs are sequentially consistent, so either the caller
// waits for the worker or the worker finds the region closed: nobody reads a
// description that is being rewritten.
//===----------------------------------------------------------------------===//
#include "runtime/device/ThreadPool.h"

#include "runtime/UserError.h"
#include "runtime/device/Launch.h"

#include <algorithm>
#include <cassert>
#include <climits>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

using namespace flmrt;

namespace {
/// The pool behind flm_parallel_for.
ThreadPool *currentPool = nullptr;

/// How long to spin before sleeping, in pauses. Workers spin through the
/// serial gaps of a step (up to about half a millisecond); the caller sleeps
/// sooner, because at the end of a region somebody else needs the core.
constexpr int workerSpinPauses = 20000;
constexpr int callerSpinPauses = 4000;

void pauseBriefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void futex(std::atomic<uint32_t> &word, int operation, uint32_t value) {
  static_assert(sizeof(word) == 4 && std::atomic<uint32_t>::is_always_lock_free,
                "a futex is one 32-bit word");
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word),
          operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, 0);
}
/// Returns when `word` no longer holds `value` (or, rarely, sooner).
void waitForChange(std::atomic<uint32_t> &word, uint32_t value,
                   std::atomic<uint32_t> &sleepers, int spins) {
  for (int spin = 0; spin < spins; ++spin) {
    if (word.load(std::memory_order_acquire) != value)
      return;
    pauseBriefly();
  }
  // Announce first, then look again: the other side writes the word first and
  // then looks for sleepers, so one of the two always sees the other.
  sleepers.fetch_add(1);
  if (word.load() == value)
    futex(word, FUTEX_WAIT, value);
  sleepers.fetch_sub(1);
}
} // namespace

extern "C" void flm_parallel_for(FlmTask fn, void *const *args, int64_t tasks) {
  assert(currentPool && "flm_parallel_for needs a thread pool");
  currentPool->run(fn, args, tasks);
}

int ThreadPool::hardwareThreads() {
  // A launcher may have bound the rank to its share, or left the sharing to us.
  const auto online = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  const auto ranks = static_cast<int>(Launch::fromEnvironment().localRanks);
  cpu_set_t cpus;
  int allowed = online;
  if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
    allowed = CPU_COUNT(&cpus);
  if (ranks > 1)
    allowed = std::min(allowed, online / ranks);
  return std::max(1, allowed);
}

ThreadPool::ThreadPool(int threads, int64_t workspaceBytes) {
  assert(!currentPool && "one thread pool at a time");
  if (threads < 1 || threads > 4096)
    throw UserError("--threads is " + std::to_string(threads) +
                    "; expected 1 to 4096");
  workspaceStride = (workspaceBytes + Arena::alignment - 1) /
                    int64_t(Arena::alignment) * int64_t(Arena::alignment);
  if (workspaceStride > INT64_MAX / threads)
    throw UserError("workspaces of " + std::to_string(workspaceBytes) +
                    " bytes for " + std::to_string(threads) +
                    " threads do not fit in memory");
  workspaces = Arena(workspaceStride * threads,
                     "workspaces of " + std::to_string(threads) + " threads");
  // With more threads than cores, spinning takes the core from the thread
  // that has work.
  if (threads <= hardwareThreads()) {
    workerSpins = workerSpinPauses;
    callerSpins = callerSpinPauses;
  }
  currentPool = this;
  try {
    for (int thread = 1; thread < threads; ++thread)
      workers.emplace_back([this, thread] { workerLoop(thread); });
  } catch (const std::system_error &error) {
    stop();
    throw UserError("cannot start " + std::to_string(threads) +
                    " threads: " + error.what() + "; lower --threads");
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  stopping = true;
  generation.value.fetch_add(1);
  futex(generation.value, FUTEX_WAKE, INT_MAX);
  for (std::thread &worker : workers)
    worker.join();
  workers.clear();
  currentPool = nullptr;
}

std::byte *ThreadPool::workspaceOf(int thread) const {
  return workspaceStride ? workspaces.data() + workspaceStride * thread
                         : nullptr;
}

void ThreadPool::takeTasks(int thread) {
  std::byte *workspace = workspaceOf(thread);
  for (;;) {
    int64_t task = nextTask.fetch_add(1, std::memory_order_relaxed);
    if (task >= regionTasks)
      return;
    regionTask(regionArgs, task, workspace);
  }
}

void ThreadPool::workerLoop(int thread) {
  uint32_t seen = 0;
  for (;;) {
    uint32_t now;
    while ((now = generation.value.load(std::memory_order_acquire)) == seen)
      waitForChange(generation.value, seen, sleepingWorkers.value, workerSpins);
    seen = now;
    if (stopping)
      return;
    entered.value.fetch_add(1);
    if (isOpen.value.load())
      takeTasks(thread);
    if (entered.value.fetch_sub(1) == 1 && sleepingCaller.value.load())
      futex(entered.value, FUTEX_WAKE, 1);
  }
}

void ThreadPool::run(FlmTask fn, void *const *args, int64_t tasks) {
  if (workers.empty() || tasks <= 1) {
    for (int64_t task = 0; task < tasks; ++task)
      fn(args, task, workspaceOf(0));
    return;
  }
  assert(!isOpen.value.load() && "a task may not open a parallel region");
  regionTask = fn;
  regionArgs = args;
  regionTasks = tasks;
  nextTask.store(0, std::memory_order_relaxed);
  isOpen.value.store(1);
  generation.value.fetch_add(1);
  if (sleepingWorkers.value.load())
    futex(generation.value, FUTEX_WAKE, INT_MAX);

  takeTasks(0);

  isOpen.value.store(0);
  while (uint32_t inside = entered.value.load())
    waitForChange(entered.value, inside, sleepingCaller.value, callerSpins);
}

void ThreadPool::forEach(int64_t tasks,
                         const std::function<void(int64_t)> &body) {
  void *args[] = {const_cast<std::function<void(int64_t)> *>(&body)};
  run(
      [](void *const *args, int64_t task, void *) {
        (*static_cast<const std::function<void(int64_t)> *>(args[0]))(task);
      },
      args, tasks);
}
