//===----------------------------------------------------------------------===//
// The state of one cluster of blocks while it runs.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_CLUSTER_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_CLUSTER_H

#include "codegen/gpu/emulator/runtime/Emulator.h"
#include "codegen/gpu/emulator/runtime/Fiber.h"
#include "codegen/gpu/reference/Random.h"

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace flm::emu {

using gpuref::Random;

struct Block;
struct Cluster;

inline constexpr int warpThreads = 32;
inline constexpr int warpgroupThreads = 128;

/// Groups of asynchronous operations of one thread, as commit and wait count
/// them.
struct AsyncGroups {
  int64_t issued = 0;
  int64_t waitedFor = 0;       ///< operations that a wait has covered
  std::vector<int64_t> groups; ///< operations issued when each was committed
  std::vector<bool> finished;  ///< operations, which finish in any order
  int64_t prefix = 0;          ///< before which all have finished

  /// A new operation; its number.
  int64_t issue() {
    finished.push_back(false);
    return issued++;
  }
  void finish(int64_t operation) {
    finished[operation] = true;
    while (prefix < issued && finished[prefix])
      ++prefix;
  }
  void commit() { groups.push_back(issued); }
  /// How many operations must have completed for at most `pending` groups not
  /// to have.
  int64_t neededFor(int64_t pending) const {
    int64_t last = static_cast<int64_t>(groups.size()) - pending;
    return last > 0 ? groups[last - 1] : 0;
  }
};

struct Thread {
  Fiber fiber;
  Block *block = nullptr;
  int index = 0; ///< in its block
  bool done = false;

  /// While stopped: whether it may go on, and the op that it waits at.
  std::function<bool()> ready;
  const char *waitsAt = "";

  AsyncGroups bulkStores;
  AsyncGroups asyncCopies;
  AsyncGroups multiplications;
  /// Has fenced its registers since the last wait for multiplications.
  bool registersFenced = false;
  /// Granules of shared memory that it wrote and has not fenced.
  std::vector<uint32_t> unfenced;
  int64_t clusterArrivals = 0;

  int warp() const { return index / warpThreads; }
  int lane() const { return index % warpThreads; }
  int inWarpgroup() const { return index % warpgroupThreads; }
};

/// Lanes hand each other values: two sets of slots, so that the next exchange
/// can begin while the last is still being read.
struct Warp {
  static constexpr size_t slotBytes = 64;
  int arrived = 0;
  int64_t generation = 0;
  std::array<std::array<std::array<char, slotBytes>, warpThreads>, 2> slots;
};

/// One asynchronous multiplication of a warpgroup; see Wgmma.cpp.
struct Multiplication;

struct Warpgroup {
  std::deque<std::unique_ptr<Multiplication>> queue;
  int64_t executed = 0;
  Warpgroup();
  ~Warpgroup();
  Warpgroup(Warpgroup &&);
};

struct NamedBarrier {
  int arrived = 0;
  int expected = 0;
  int64_t generation = 0;
  const char *lastArrival = "";
};

/// An mbarrier (PTX ISA, "mbarrier"). A phase completes when no arrival and no
/// byte is pending.
struct MBarrier {
  int32_t count = 0; ///< arrivals per phase
  int32_t pending = 0;
  int64_t bytes = 0; ///< expected and not yet arrived
  int64_t phase = 0;
  int initializer = 0;    ///< thread
  bool published = false; ///< visible to copies and other blocks
  const char *name = "";
};

struct Block {
  Cluster *cluster = nullptr;
  int index = 0; ///< in the grid
  int rank = 0;  ///< in the cluster
  int running = 0;
  char *shared = nullptr;
  std::deque<Thread> threads;
  std::vector<Warp> warps;
  std::vector<Warpgroup> warpgroups;
  std::array<NamedBarrier, 16> barriers;
  std::map<uint32_t, MBarrier> mbarriers; ///< by offset in shared memory
  /// Per granule: written by a thread that has not fenced since.
  std::vector<uint8_t> unfenced;

  static constexpr int granuleBytes = 16;

  bool holds(const void *address) const {
    return static_cast<size_t>(static_cast<const char *>(address) - shared) <
           static_cast<size_t>(sharedRegionBytes);
  }
  uint32_t offsetOf(const void *address) const {
    return static_cast<const char *>(address) - shared;
  }
};

/// What the clusters of one launch share.
struct Grid {
  const Launch &launch;
  const Options &options;
  std::mutex reductions; ///< held while global memory is added to
  std::mutex mutex;      ///< of what follows
  Result result;
};

struct Cluster {
  Grid &grid;
  Random random;
  std::deque<Block> blocks;
  /// Asynchronous operations that have not taken effect, by the tick when they
  /// are due.
  std::multimap<int64_t, std::function<void()>> pending;
  int64_t tick = 0; ///< sweeps of the scheduler
  int64_t clusterArrived = 0;
  int64_t clusterGeneration = 0;
  bool abandoned = false;

  explicit Cluster(Grid &grid, uint64_t seed) : grid(grid), random(seed) {}

  /// The block whose shared memory has `address`, or null.
  Block *blockOf(const void *address);
  /// Runs `effect` when the lateness allows.
  void later(Lateness lateness, std::function<void()> effect);
};

/// The thread that runs now.
Thread &self();

/// Stops until `ready` holds. `where` names the op in reports.
void waitUntil(const char *where, std::function<bool()> ready);
/// A place where another thread may go first, if the schedule is random.
void mayBePreempted(const char *where);

/// Ends the cluster: what the thread is about to do can not be carried out.
[[noreturn]] void abandon();

/// Notes a finding of the running thread (or, in an operation that takes effect
/// later, of `thread`).
void report(const char *where, const std::string &what);
void reportFor(const Thread &thread, const char *where,
               const std::string &what);

} // namespace flm::emu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_CLUSTER_H
