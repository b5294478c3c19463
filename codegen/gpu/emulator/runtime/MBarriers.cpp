//===----------------------------------------------------------------------===//
// mbarriers (PTX ISA, "mbarrier").
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/MBarriers.h"
#include "codegen/gpu/emulator/runtime/Checks.h"
#include "codegen/gpu/emulator/runtime/Entries.h"

#include <cstdlib>
#include <iterator>

using namespace flm::emu;

/// Of counts of arrivals and, either side of zero, of the tx-count.
static constexpr int64_t maxCount = (1 << 20) - 1;

static void completePhase(MBarrier &barrier) {
  if (barrier.pending != 0 || barrier.bytes != 0)
    return;
  ++barrier.phase;
  barrier.pending = barrier.count;
}

/// Adds to the bytes that the phase waits for.
static void changeBytes(const Thread &thread, MBarrier &barrier, int64_t bytes,
                        const char *where) {
  barrier.bytes += bytes;
  if (std::abs(barrier.bytes) > maxCount)
    reportFor(thread, where,
              "the tx-count of the mbarrier '" + std::string(barrier.name) +
                  "' becomes " + std::to_string(barrier.bytes) + "; it holds " +
                  std::to_string(maxCount) + " bytes either side of zero");
}

void flm::emu::completeBytes(const Thread &thread, MBarrier &barrier,
                             int64_t bytes, const char *where) {
  changeBytes(thread, barrier, -bytes, where);
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
  if (count < 1 || count > maxCount)
    report(where, "initialises an mbarrier for " + std::to_string(count) +
                      " arrivals; expected 1 to " + std::to_string(maxCount));
  auto live = block.mbarriers.find(block.offsetOf(address));
  if (block.holds(address) && live != block.mbarriers.end())
    report(where, std::string("initialises the mbarrier '") +
                      live->second.name +
                      "' again, which nobody has invalidated");
  else if (!checkShared(thread, block, address, mbarrierBytes, mbarrierBytes,
                        /*write=*/true, where))
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

static void arrive(MBarrier &barrier, int32_t count, const char *where) {
  if (count < 1 || count > maxCount) {
    report(where, "arrives " + std::to_string(count) +
                      " times at once; expected 1 to " +
                      std::to_string(maxCount));
    return;
  }
  if (barrier.pending < count) {
    report(where, std::string("arrives once too often at the mbarrier '") +
                      barrier.name + "' (" + std::to_string(barrier.count) +
                      " arrivals a phase)");
    return;
  }
  barrier.pending -= count;
  completePhase(barrier);
}

void flm_emu_mbarrier_arrive(void *address, int32_t count, const char *where) {
  Thread &thread = self();
  bool remote = !thread.block->holds(address);
  if (MBarrier *barrier = findMBarrier(thread, address, remote, where))
    arrive(*barrier, count, where);
}

void flm_emu_mbarrier_arrive_expect_tx(void *address, int32_t bytes,
                                       const char *where) {
  Thread &thread = self();
  bool remote = !thread.block->holds(address);
  MBarrier *barrier = findMBarrier(thread, address, remote, where);
  if (!barrier)
    return;
  if (bytes < 0)
    report(where, "expects " + std::to_string(bytes) + " bytes");
  changeBytes(thread, *barrier, bytes, where);
  arrive(*barrier, 1, where);
}

//===----------------------------------------------------------------------===//
// Waiting
//===----------------------------------------------------------------------===//

/// Whether a wait comes to the time limit of the hardware before the phase
/// completes. Where this is decided for each thread alone, the other threads of
/// an instruction that several execute together would hide one that does not
/// try again; so it is, for one phase of one barrier, the same for all threads
/// of a lane, a warp, a warpgroup or the block.
static bool comesToTimeLimit(Thread &thread, const MBarrier &barrier,
                             uint32_t offset) {
  uint64_t seed = thread.block->cluster->grid.options.seed;
  if (seed == 0)
    return false;
  if (thread.tried != &barrier || thread.triedPhase != barrier.phase)
    thread.triedTimes = 0;
  thread.tried = &barrier;
  thread.triedPhase = barrier.phase;
  const Block &block = *thread.block;
  Random ofPhase(seed << 56 ^ static_cast<uint64_t>(block.index) << 40 ^
                 static_cast<uint64_t>(barrier.phase) << 20 ^ offset);
  constexpr int sizes[] = {1, warpThreads, warpgroupThreads, INT32_MAX};
  int group = thread.index / sizes[ofPhase.below(std::size(sizes))];
  Random ofGroup(ofPhase.next() ^ static_cast<uint64_t>(group) << 32 ^
                 static_cast<uint64_t>(thread.triedTimes++));
  return ofGroup.oneIn(4);
}

int32_t flm_emu_mbarrier_try_wait(void *address, int32_t parity,
                                  const char *where) {
  Thread &thread = self();
  if (parity != 0 && parity != 1)
    report(where, "waits for a phase of parity " + std::to_string(parity) +
                      "; expected 0 or 1");
  if (!thread.block->holds(address)) {
    report(where, "waits at an mbarrier that is not in the block's own shared "
                  "memory");
    return 1;
  }
  MBarrier *barrier = findMBarrier(thread, address, false, where);
  if (!barrier)
    return 1;
  // Complete is the phase of this parity once the current one has the other.
  auto complete = [=] { return (barrier->phase & 1) != (parity & 1); };
  if (!complete() &&
      comesToTimeLimit(thread, *barrier, thread.block->offsetOf(address)))
    return 0;
  waitUntil(where, complete);
  mayBePreempted(where);
  return 1;
}

void *flm_emu_mapa(void *address, int32_t rank, const char *where) {
  Thread &thread = self();
  auto &blocks = thread.block->cluster->blocks;
  if (!thread.block->holds(address)) {
    report(where, "maps an address that is not in the block's own shared "
                  "memory");
    return address;
  }
  if (rank < 0 || rank >= static_cast<int32_t>(blocks.size())) {
    report(where, "block " + std::to_string(rank) + " is not in the cluster");
    return address;
  }
  return blocks[rank].shared + thread.block->offsetOf(address);
}
