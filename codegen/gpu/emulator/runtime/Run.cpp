//===----------------------------------------------------------------------===//
// Clusters, one after another or on several host threads; the sweep over the
// threads of a cluster; deadlocks; what must hold at the end.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Checks.h"
#include "codegen/gpu/emulator/runtime/Cluster.h"
#include "codegen/gpu/emulator/runtime/Registers.h"
#include "codegen/gpu/emulator/runtime/Schedule.h"
#include "codegen/gpu/emulator/runtime/TensorMap.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <sys/mman.h>

using namespace flm::emu;

static thread_local Thread *current;

Thread &flm::emu::self() { return *current; }

Options Options::forSeed(uint64_t seed) {
  Options options;
  options.seed = seed;
  if (seed != 0)
    options.multiplications = options.copies = Lateness::Random;
  return options;
}

void flm::emu::waitUntil(const char *where, std::function<bool()> ready) {
  if (ready())
    return;
  Thread &thread = self();
  thread.ready = std::move(ready);
  thread.waitsAt = where;
  thread.fiber.stop();
}

void flm::emu::mayBePreempted(const char *where) {
  Thread &thread = self();
  Cluster &cluster = *thread.block->cluster;
  if (cluster.grid.options.seed == 0 || !cluster.random.oneIn(3))
    return;
  thread.ready = nullptr;
  thread.waitsAt = where;
  thread.fiber.stop();
}

void flm::emu::abandon() {
  self().block->cluster->abandoned = true;
  self().fiber.stop();
  std::abort(); // nobody resumes a cluster that is abandoned
}

Block *Cluster::blockOf(const void *address) {
  for (Block &block : blocks)
    if (block.holds(address))
      return &block;
  return nullptr;
}

void Cluster::later(Lateness lateness, std::function<void()> effect) {
  switch (lateness) {
  case Lateness::Eager:
    return effect();
  case Lateness::Late:
    pending.emplace(INT64_MAX, std::move(effect));
    return;
  case Lateness::Random:
    // Mostly soon, sometimes only when nothing else can happen.
    int64_t delay = random.below(random.oneIn(4) ? 20000 : 200);
    pending.emplace(tick + delay, std::move(effect));
    return;
  }
}

namespace {

/// 256 KiB for each block, aligned so that the 18 bits of an address that a
/// matrix descriptor holds are the offset in it.
class SharedMemory {
public:
  explicit SharedMemory(int blocks)
      : bytes((blocks + 1) * sharedRegionBytes),
        mapped(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (mapped == MAP_FAILED)
      std::abort();
    auto address = reinterpret_cast<uintptr_t>(mapped);
    base = reinterpret_cast<char *>((address + sharedRegionBytes - 1) &
                                    ~uintptr_t(sharedRegionBytes - 1));
  }
  ~SharedMemory() { munmap(mapped, bytes); }
  char *region(int block) { return base + block * sharedRegionBytes; }

private:
  size_t bytes;
  void *mapped;
  char *base;
};

/// Runs one cluster to its end.
class ClusterRun {
public:
  ClusterRun(Grid &grid, int index, SharedMemory &shared,
             const FiberStacks &stacks);
  void run();

private:
  static void enter();
  bool sweep();
  bool runThread(Thread &thread);
  bool runPending(int64_t tick);
  void reportDeadlock();

  Grid &grid;
  uint64_t seed;
  Cluster cluster;
  std::unique_ptr<Schedule> schedule;
  int running = 0;
  int64_t switches = 0;
};

} // namespace

ClusterRun::ClusterRun(Grid &grid, int index, SharedMemory &shared,
                       const FiberStacks &stacks)
    : grid(grid), seed(grid.options.seed),
      cluster(grid, seed * 0x10001 + index) {
  const Launch &launch = grid.launch;
  for (int rank = 0; rank < launch.cluster; ++rank) {
    Block &block = cluster.blocks.emplace_back();
    block.cluster = &cluster;
    block.index = index * launch.cluster + rank;
    block.rank = rank;
    block.running = launch.threads;
    block.shared = shared.region(rank);
    // All bits set: a NaN in every floating-point type.
    std::memset(block.shared, 0xff, sharedRegionBytes);
    block.granules.resize(sharedRegionBytes / Block::granuleBytes);
    block.warps.resize((launch.threads + warpThreads - 1) / warpThreads);
    for (Warp &warp : block.warps)
      warp.registers = launchRegisters(launch);
    block.warpgroups.resize((launch.threads + warpgroupThreads - 1) /
                            warpgroupThreads);
    for (int i = 0; i < launch.threads; ++i) {
      Thread &thread = block.threads.emplace_back();
      thread.block = &block;
      thread.index = i;
      thread.fiber.prepare(stacks.stack(running++), enter);
    }
  }
  int warps = (launch.threads + warpThreads - 1) / warpThreads;
  schedule = Schedule::create(seed, warps * launch.cluster, cluster.random);
}

void ClusterRun::enter() {
  Thread &thread = self();
  const Launch &launch = thread.block->cluster->grid.launch;
  launch.kernel(const_cast<void **>(launch.arguments.data()));
  checkAtExit(thread);
  thread.done = true;
  --thread.block->running;
  thread.fiber.stop();
  std::abort(); // nobody resumes a thread that is done
}

/// Lets each thread that can run do so once; whether any could.
bool ClusterRun::sweep() {
  schedule->beginSweep();
  bool progress = false;
  int warp = 0;
  for (Block &block : cluster.blocks)
    for (size_t first = 0; first < block.threads.size();
         first += warpThreads, ++warp) {
      if (schedule->holds(warp))
        continue;
      size_t end = std::min(first + warpThreads, block.threads.size());
      for (size_t i = first; i < end; ++i) {
        progress |= runThread(block.threads[i]);
        if (cluster.abandoned)
          return true;
      }
    }
  return progress;
}

/// Lets the thread run until it stops, if it can.
bool ClusterRun::runThread(Thread &thread) {
  if (thread.done || (thread.ready && !thread.ready()))
    return false;
  thread.ready = nullptr;
  current = &thread;
  thread.fiber.resume();
  ++switches;
  if (thread.done)
    --running;
  return true;
}

/// Carries out what is due at `tick`; whether anything was.
bool ClusterRun::runPending(int64_t tick) {
  bool any = false;
  while (!cluster.pending.empty() && cluster.pending.begin()->first <= tick) {
    auto first = cluster.pending.begin();
    std::function<void()> effect = std::move(first->second);
    cluster.pending.erase(first);
    effect();
    any = true;
  }
  return any;
}

void ClusterRun::run() {
  while (running > 0 && !cluster.abandoned) {
    ++cluster.tick;
    bool progress = runPending(cluster.tick);
    progress |= sweep();
    // Nobody can run: let go of whom the schedule holds, then of the operation
    // that is due next.
    if (progress || schedule->release())
      continue;
    if (cluster.pending.empty()) {
      reportDeadlock();
      break;
    }
    auto next = cluster.pending.extract(cluster.pending.begin());
    next.mapped()();
  }
  if (running == 0) {
    runPending(INT64_MAX);
    for (Block &block : cluster.blocks) {
      checkAtEnd(block);
      checkRegisterChanges(block);
    }
  }
  std::lock_guard<std::mutex> lock(grid.mutex);
  grid.result.switches += switches;
  if (running > 0)
    grid.result.finished = false;
}

void ClusterRun::reportDeadlock() {
  for (Block &block : cluster.blocks)
    for (const Thread &thread : block.threads)
      // Warps wait as one, mostly: name each place once per warp.
      if (!thread.done &&
          (thread.lane() == 0 ||
           std::strcmp(thread.waitsAt,
                       block.threads[thread.index - 1].waitsAt) != 0))
        reportFor(thread, thread.waitsAt,
                  "deadlock: warp " + std::to_string(thread.warp()) +
                      " waits for ever");
  for (Block &block : cluster.blocks)
    reportBarrierStates(block);
}

Result flm::emu::run(const Launch &launch, const Options &options) {
  Grid grid(launch, options);
  for (const TensorMap *map : launch.tensorMaps)
    if (std::string problem = problemWith(*map, launch); !problem.empty())
      grid.result.findings.push_back(
          {problem, "tensor map of '" + nameOf(*map, launch) + "'"});
  int clusters = launch.blocks / launch.cluster;
  std::atomic<int> next{0};
  auto work = [&] {
    SharedMemory shared(launch.cluster);
    FiberStacks stacks(static_cast<size_t>(launch.threads) * launch.cluster);
    for (int i = next++; i < clusters; i = next++)
      ClusterRun(grid, i, shared, stacks).run();
  };
  std::vector<std::thread> workers;
  unsigned threads = std::min<unsigned>(options.hostThreads, clusters);
  for (unsigned i = 1; i < threads; ++i)
    workers.emplace_back(work);
  work();
  for (std::thread &worker : workers)
    worker.join();
  return grid.result;
}
