//===----------------------------------------------------------------------===//
// Barriers of threads: bar and barrier.cluster.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Checks.h"
#include "codegen/gpu/emulator/runtime/Entries.h"
#include "codegen/gpu/emulator/runtime/Meeting.h"

using namespace flm::emu;

//===----------------------------------------------------------------------===//
// Named barriers. Lanes wait for the other lanes of their warp; then the warp
// arrives, as 32 threads (PTX ISA, "barrier": "marks warps' arrival").
//===----------------------------------------------------------------------===//

static std::string listWarps(uint32_t warps) {
  std::string text;
  for (int warp = 0; warps >> warp; ++warp)
    if (warps >> warp & 1)
      text += (text.empty() ? "" : ", ") + std::to_string(warp);
  return text;
}

/// The barrier's threads have all arrived. A warp that was not among those of
/// the last time could as well have been one of them, and completed the barrier
/// without those it is for, unless the whole block has met in between.
static void complete(Block &block, NamedBarrier &barrier, int id,
                     const char *where) {
  if (barrier.generation > 0 && barrier.warps != barrier.lastWarps &&
      block.epoch == barrier.lastEpoch)
    report(where, "warps " + listWarps(barrier.warps) + " meet at barrier " +
                      std::to_string(id) + ", where warps " +
                      listWarps(barrier.lastWarps) +
                      " met last: nothing keeps them apart");
  if (barrier.expected == static_cast<int>(block.threads.size()))
    ++block.epoch;
  barrier.lastWarps = barrier.warps;
  barrier.lastEpoch = block.epoch;
  barrier.warps = 0;
  barrier.arrived = 0;
  ++barrier.generation;
}

/// The running thread's warp arrives.
static void arriveWarp(int id, int threads, const char *where) {
  Thread &thread = self();
  Block &block = *thread.block;
  NamedBarrier &barrier = block.barriers[id];
  if (barrier.arrived == 0)
    barrier.expected = threads;
  else if (barrier.expected != threads)
    report(where, "arrives at a barrier of " + std::to_string(threads) +
                      " threads, where others expect " +
                      std::to_string(barrier.expected));
  uint32_t warp = 1u << thread.warp();
  if (barrier.warps & warp)
    report(where, "warp " + std::to_string(thread.warp()) +
                      " arrives twice at barrier " + std::to_string(id) +
                      " before it completes");
  barrier.warps |= warp;
  barrier.lastArrival = where;
  barrier.arrived += warpThreads;
  if (barrier.arrived >= barrier.expected)
    complete(block, barrier, id, where);
}

/// One lane is at the barrier; the last of the warp makes it arrive.
static void arriveLane(int id, int threads, const char *where) {
  Thread &thread = self();
  Warp &warp = thread.block->warps[thread.warp()];
  for (int other = 0; other < namedBarriers; ++other) {
    const Warp::AtBarrier &at = warp.atBarriers[other];
    if (at.lanes != 0 && (other != id || std::strcmp(at.where, where) != 0)) {
      report(where, std::string("lanes of the warp are at another barrier, ") +
                        at.where);
      abandon();
    }
  }
  Warp::AtBarrier &own = warp.atBarriers[id];
  own.lanes |= 1u << thread.lane();
  own.where = where;
  if (own.lanes != allLanes())
    return;
  own.lanes = 0;
  ++own.arrivals;
  own.generation = thread.block->barriers[id].generation;
  arriveWarp(id, threads, where);
}

static bool isBarrier(int id, int threads, const char *where) {
  int size = static_cast<int>(self().block->threads.size());
  if (id < 0 || id >= namedBarriers || threads <= 0 ||
      threads % warpThreads != 0) {
    report(where, "barrier " + std::to_string(id) + " of " +
                      std::to_string(threads) +
                      " threads does not exist: ids are 0 to 15, threads "
                      "whole warps");
    return false;
  }
  if (threads > size)
    report(where, "barrier " + std::to_string(id) + " waits for " +
                      std::to_string(threads) + " threads of a block of " +
                      std::to_string(size));
  return true;
}

void flm_emu_barrier(int32_t id, int32_t threads, const char *where) {
  Thread &thread = self();
  if (threads == 0)
    threads = static_cast<int32_t>(thread.block->threads.size());
  if (!isBarrier(id, threads, where))
    return;
  const Warp::AtBarrier &warp =
      thread.block->warps[thread.warp()].atBarriers[id];
  const NamedBarrier &barrier = thread.block->barriers[id];
  int64_t arrivals = warp.arrivals;
  arriveLane(id, threads, where);
  waitUntil(where, [&warp, &barrier, arrivals] {
    return warp.arrivals > arrivals && barrier.generation > warp.generation;
  });
  mayBePreempted(where);
}

void flm_emu_barrier_arrive(int32_t id, int32_t threads, const char *where) {
  if (!isBarrier(id, threads, where))
    return;
  Thread &thread = self();
  const Warp::AtBarrier &warp =
      thread.block->warps[thread.warp()].atBarriers[id];
  int64_t arrivals = warp.arrivals;
  arriveLane(id, threads, where);
  waitUntil(where, [&warp, arrivals] { return warp.arrivals > arrivals; });
}

//===----------------------------------------------------------------------===//
// barrier.cluster
//===----------------------------------------------------------------------===//

void flm_emu_cluster_arrive(const char *where) {
  Thread &thread = self();
  Cluster &cluster = *thread.block->cluster;
  if (thread.clusterArrivals > thread.clusterWaits)
    report(where, "arrives twice at the barrier of the cluster");
  ++thread.clusterArrivals;
  int64_t all = static_cast<int64_t>(cluster.blocks.size() *
                                     thread.block->threads.size());
  if (++cluster.clusterArrived < all)
    return;
  cluster.clusterArrived = 0;
  ++cluster.clusterGeneration;
  for (Block &block : cluster.blocks)
    ++block.epoch;
}

void flm_emu_cluster_wait(const char *where) {
  Thread &thread = self();
  Cluster &cluster = *thread.block->cluster;
  if (thread.clusterWaits == thread.clusterArrivals)
    report(where, "waits at the barrier of the cluster, where it has not "
                  "arrived");
  int64_t arrivals = thread.clusterArrivals;
  thread.clusterWaits = arrivals;
  waitUntil(where, [&cluster, arrivals] {
    return cluster.clusterGeneration >= arrivals;
  });
  mayBePreempted(where);
}
