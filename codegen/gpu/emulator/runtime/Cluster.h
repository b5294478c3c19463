//===----------------------------------------------------------------------===//
// The state of one cluster of blocks while it runs.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_CLUSTER_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_CLUSTER_H

#include "codegen/gpu/emulator/runtime/Emulator.h"
#include "codegen/gpu/emulator/runtime/Fiber.h"
#include "codegen/gpu/emulator/runtime/GlobalAccesses.h"
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
struct MBarrier;

inline constexpr int warpThreads = 32;
inline constexpr int warpgroupThreads = 128;
/// Of a block (PTX ISA, "barrier").
inline constexpr int namedBarriers = 16;

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
  /// The last multiplication into each accumulator.
  std::map<const float *, int64_t> accumulators;
  /// Has fenced its registers since the last wait for multiplications.
  bool registersFenced = false;
  /// Granules of shared memory that it wrote and has not fenced.
  std::vector<uint32_t> unfenced;
  int64_t clusterArrivals = 0, clusterWaits = 0;
  /// The last try_wait, and how often in a row it has answered false.
  const MBarrier *tried = nullptr;
  int64_t triedPhase = 0, triedTimes = 0;

  int warp() const { return index / warpThreads; }
  int lane() const { return index % warpThreads; }
  int inWarpgroup() const { return index % warpgroupThreads; }
};

/// Lanes of a warp that execute one instruction together; see Warp.cpp.
struct Meeting {
  static constexpr size_t slotBytes = 64;
  uint32_t mask = 0;    ///< of the lanes that take part; 0: not in use
  uint32_t arrived = 0; ///< of them, so far
  int leaving = 0;      ///< have met and still read the slots
  int kind = 0;
  const char *where = "";
  std::array<std::array<char, slotBytes>, warpThreads> slots;
};

struct Warp {
  std::deque<Meeting> meetings;
  /// Lanes that are at each named barrier, until all are and the warp arrives.
  struct AtBarrier {
    uint32_t lanes = 0;
    const char *where = "";
    int64_t arrivals = 0;   ///< of the warp
    int64_t generation = 0; ///< of the barrier, when the warp arrived last
  };
  std::array<AtBarrier, namedBarriers> atBarriers;
  /// Per thread, as setmaxnreg counts them; how often that was executed.
  int registers = 0, registerChanges = 0;
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
  int arrived = 0; ///< threads
  int expected = 0;
  int64_t generation = 0;
  const char *lastArrival = "";
  uint32_t warps = 0; ///< that have arrived
  /// Those of the generation before, and how many barriers of the whole block
  /// had completed then.
  uint32_t lastWarps = 0;
  int64_t lastEpoch = 0;
};

inline constexpr int64_t mbarrierBytes = 8;

/// An mbarrier (PTX ISA, "mbarrier"). A phase completes when no arrival and no
/// byte is pending.
struct MBarrier {
  int32_t count = 0; ///< arrivals per phase
  int32_t pending = 0;
  int64_t bytes = 0; ///< the tx-count: expected and not yet arrived
  int64_t phase = 0;
  int initializer = 0;    ///< thread
  bool published = false; ///< visible to copies and other blocks
  const char *name = "";
};

/// What is known of 16 bytes of shared memory.
struct Granule {
  uint16_t writes = 0;   ///< asynchronous, in flight
  uint16_t reads = 0;    ///< asynchronous, in flight
  uint32_t unfenced = 0; ///< writes whose threads have not fenced since
  /// The asynchronous operations that came last.
  const char *writer = "", *reader = "";
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
  std::array<NamedBarrier, namedBarriers> barriers;
  int64_t epoch = 0; ///< barriers of the whole block that have completed
  std::map<uint32_t, MBarrier> mbarriers; ///< by offset in shared memory
  std::vector<Granule> granules;
  int64_t freeRegisters = 0; ///< that setmaxnreg can hand out

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
  GlobalAccesses accesses;
  std::mutex mutex; ///< of what follows
  Result result;

  Grid(const Launch &launch, const Options &options)
      : launch(launch), options(options), accesses(launch) {}
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
