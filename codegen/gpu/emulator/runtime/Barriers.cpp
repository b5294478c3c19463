//===----------------------------------------------------------------------===//
// Barriers of threads (bar, barrier.cluster) and mbarriers.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Barriers.h"
#include "codegen/gpu/emulator/runtime/Checks.h"
#include "codegen/gpu/emulator/runtime/Entries.h"

using namespace flm::emu;

//===----------------------------------------------------------------------===//
// Barriers of threads
//===----------------------------------------------------------------------===//

/// One thread arrives; whether the barrier completed.
static bool arrive(NamedBarrier &barrier, int threads, const char *where) {
  if (barrier.arrived == 0)
    barrier.expected = threads;
  else if (barrier.expected != threads)
    report(where, "arrives at a barrier of " + std::to_string(threads) +
                      " threads, where others expect " +
                      std::to_string(barrier.expected));
  barrier.lastArrival = where;
  if (++barrier.arrived < barrier.expected)
    return false;
  barrier.arrived = 0;
  ++barrier.generation;
  return true;
}

static NamedBarrier *findBarrier(int id, int threads, const char *where) {
  if (id < 0 || id >= 16 || threads <= 0 || threads % warpThreads != 0) {
    report(where, "barrier " + std::to_string(id) + " of " +
                      std::to_string(threads) +
                      " threads does not exist: ids are 0 to 15, threads "
                      "whole warps");
    return nullptr;
  }
  return &self().block->barriers[id];
}

void flm_emu_barrier(int32_t id, int32_t threads, const char *where) {
  if (threads == 0)
    threads = static_cast<int32_t>(self().block->threads.size());
  NamedBarrier *barrier = findBarrier(id, threads, where);
  if (!barrier)
    return;
  int64_t generation = barrier->generation;
  if (!arrive(*barrier, threads, where))
    waitUntil(where, [=] { return barrier->generation != generation; });
  mayBePreempted(where);
}

void flm_emu_barrier_arrive(int32_t id, int32_t threads, const char *where) {
  if (NamedBarrier *barrier = findBarrier(id, threads, where))
    arrive(*barrier, threads, where);
}

void flm_emu_cluster_arrive(const char *where) {
  Thread &thread = self();
  Cluster &cluster = *thread.block->cluster;
  if (thread.clusterArrivals > cluster.clusterGeneration)
    report(where, "arrives twice at the barrier of the cluster");
  ++thread.clusterArrivals;
  int64_t all = static_cast<int64_t>(cluster.blocks.size() *
                                     thread.block->threads.size());
  if (++cluster.clusterArrived == all) {
    cluster.clusterArrived = 0;
    ++cluster.clusterGeneration;
  }
}

void flm_emu_cluster_wait(const char *where) {
  Thread &thread = self();
  Cluster &cluster = *thread.block->cluster;
  int64_t arrivals = thread.clusterArrivals;
  waitUntil(where, [&cluster, arrivals] {
    return cluster.clusterGeneration >= arrivals;
  });
  mayBePreempted(where);
}

//===----------------------------------------------------------------------===//
// mbarriers
//===----------------------------------------------------------------------===//

static void completePhase(MBarrier &barrier) {
  if (barrier.pending != 0 || barrier.bytes != 0)
    return;
  ++barrier.phase;
  barrier.pending = barrier.count;
}

void flm::emu::completeBytes(MBarrier &barrier, int64_t bytes) {
  barrier.bytes -= bytes;
  completePhase(barrier);
}

MBarrier *flm::emu::findMBarrier(const Thread &thread, const void *address,
                                 bool published, const char *where) {
  Block *block = thread.block->cluster->blockOf(address);
  if (!block) {
    reportFor(thread, where, "no mbarrier lies outside of shared memory");
    return nullptr;
  }
  auto found = block->mbarriers.find(block->offsetOf(address));
  if (found == block->mbarriers.end()) {
    reportFor(thread, where, "uses an mbarrier that was not initialised");
    return nullptr;
  }
  if (published && !found->second.published)
    reportFor(thread, where,
              std::string("uses the mbarrier '") + found->second.name +
                  "' from a copy or another block, without a "
                  "fence.mbarrier_init after its initialisation");
  if (block->running == 0)
    reportFor(thread, where, "uses an mbarrier of a block that has left");
  return &found->second;
}

void flm_emu_mbarrier_init(void *address, int32_t count, const char *where) {
  Thread &thread = self();
  Block &block = *thread.block;
  if (!checkShared(thread, block, address, 8, 8, /*write=*/false, where))
    return;
  MBarrier &barrier = block.mbarriers[block.offsetOf(address)];
  barrier = MBarrier();
  barrier.count = barrier.pending = count;
  barrier.initializer = thread.index;
  barrier.name = where;
}

void flm_emu_fence_mbarrier_init(const char *) {
  Thread &thread = self();
  for (auto &[offset, barrier] : thread.block->mbarriers)
    if (barrier.initializer == thread.index)
      barrier.published = true;
}

void flm_emu_mbarrier_arrive(void *address, const char *where) {
  Thread &thread = self();
  bool remote = !thread.block->holds(address);
  MBarrier *barrier = findMBarrier(thread, address, remote, where);
  if (!barrier)
    return;
  if (barrier->pending == 0) {
    report(where, std::string("arrives once too often at the mbarrier '") +
                      barrier->name + "' (" + std::to_string(barrier->count) +
                      " arrivals a phase)");
    return;
  }
  --barrier->pending;
  completePhase(*barrier);
}

void flm_emu_mbarrier_arrive_expect_tx(void *address, int32_t bytes,
                                       const char *where) {
  if (MBarrier *barrier = findMBarrier(self(), address, false, where)) {
    barrier->bytes += bytes;
    flm_emu_mbarrier_arrive(address, where);
  }
}

int32_t flm_emu_mbarrier_try_wait(void *address, int32_t parity,
                                  const char *where) {
  Thread &thread = self();
  MBarrier *barrier = findMBarrier(thread, address, false, where);
  if (!barrier)
    return 1;
  // Complete is the phase of this parity once the current one has the other.
  auto complete = [=] { return (barrier->phase & 1) != (parity & 1); };
  // The hardware may give up before the phase completes: callers must retry.
  Cluster &cluster = *thread.block->cluster;
  bool givesUp = cluster.grid.options.seed != 0 && cluster.random.oneIn(8);
  if (givesUp && !complete()) {
    mayBePreempted(where);
    return complete();
  }
  waitUntil(where, complete);
  mayBePreempted(where);
  return 1;
}

void *flm_emu_mapa(void *address, int32_t rank, const char *where) {
  Thread &thread = self();
  auto &blocks = thread.block->cluster->blocks;
  if (rank < 0 || rank >= static_cast<int32_t>(blocks.size())) {
    report(where, "block " + std::to_string(rank) + " is not in the cluster");
    return address;
  }
  return blocks[rank].shared + thread.block->offsetOf(address);
}
