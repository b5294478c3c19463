//===----------------------------------------------------------------------===//
// Findings, and the checks of memory and of what must hold at the end.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Checks.h"

using namespace flm::emu;

void flm::emu::reportFor(const Thread &thread, const char *where,
                         const std::string &what) {
  Grid &grid = thread.block->cluster->grid;
  std::lock_guard<std::mutex> lock(grid.mutex);
  // What goes wrong once goes wrong in many threads.
  for (Finding &finding : grid.result.findings)
    if (finding.what == what && finding.where == where) {
      ++finding.times;
      return;
    }
  grid.result.findings.push_back(
      {what, where, thread.block->index, thread.index, 1});
}

void flm::emu::report(const char *where, const std::string &what) {
  reportFor(self(), where, what);
}

static bool isMisaligned(const void *address, int64_t alignment) {
  return reinterpret_cast<uintptr_t>(address) % alignment != 0;
}

bool flm::emu::checkGlobal(const Thread &thread, const void *address,
                           int64_t bytes, int64_t alignment,
                           GlobalAccesses::Kind kind, const char *where) {
  bool write = kind != GlobalAccesses::Kind::Read;
  auto begin = static_cast<const char *>(address);
  Grid &grid = thread.block->cluster->grid;
  for (size_t i = 0; i < grid.launch.memory.size(); ++i) {
    const GlobalRange &range = grid.launch.memory[i];
    if (begin < range.begin || begin + bytes > range.begin + range.bytes)
      continue;
    if (write && !range.writable)
      reportFor(thread, where,
                "writes '" + range.name + "', which is read-only");
    if (isMisaligned(address, alignment))
      reportFor(thread, where,
                "access to '" + range.name + "' is not aligned to " +
                    std::to_string(alignment) + " bytes");
    std::string conflict =
        grid.accesses.note(i, address, bytes, kind, thread.block->index);
    if (!conflict.empty())
      reportFor(thread, where, conflict);
    return true;
  }
  reportFor(thread, where,
            std::string(write ? "writes" : "reads") +
                " global memory out of bounds");
  return false;
}

/// Bytes of an mbarrier are for instructions on mbarriers only.
static void checkMBarriers(const Thread &thread, const Block &block,
                           int64_t offset, int64_t bytes, bool write,
                           const char *where) {
  // The first barrier that ends after the access begins.
  auto barrier = block.mbarriers.upper_bound(static_cast<uint32_t>(offset));
  if (barrier != block.mbarriers.begin() &&
      std::prev(barrier)->first + mbarrierBytes > offset)
    --barrier;
  if (barrier != block.mbarriers.end() && barrier->first < offset + bytes)
    reportFor(thread, where,
              std::string(write ? "writes over" : "reads") + " the mbarrier '" +
                  barrier->second.name + "'");
}

/// visit(granule) for each that the bytes touch; `block` const or not.
template <typename BlockType, typename Visit>
static void forEachGranule(BlockType &block, const void *address, int64_t bytes,
                           Visit visit) {
  uint32_t first = block.offsetOf(address) / Block::granuleBytes;
  uint32_t last = (block.offsetOf(address) + bytes - 1) / Block::granuleBytes;
  for (uint32_t i = first; i <= last; ++i)
    if (!visit(block.granules[i]))
      return;
}

static void checkInFlight(const Thread &thread, const Block &block,
                          const void *address, int64_t bytes, bool write,
                          const char *where) {
  forEachGranule(block, address, bytes, [&](const Granule &granule) {
    if (granule.writes == 0 && (!write || granule.reads == 0))
      return true;
    reportFor(thread, where,
              std::string(write ? "writes" : "reads") + " shared memory that " +
                  (granule.writes ? granule.writer : granule.reader) +
                  " may still " + (granule.writes ? "write" : "read"));
    return false;
  });
}

bool flm::emu::checkShared(const Thread &thread, const Block &block,
                           const void *address, int64_t bytes,
                           int64_t alignment, bool write, const char *where) {
  int64_t offset = static_cast<const char *>(address) - block.shared;
  int64_t size = block.cluster->grid.launch.sharedBytes;
  if (offset < 0 || offset + bytes > size) {
    reportFor(thread, where,
              std::string(write ? "writes" : "reads") +
                  " shared memory out of bounds (" + std::to_string(bytes) +
                  " bytes at " + std::to_string(offset) + " of " +
                  std::to_string(size) + ")");
    return false;
  }
  if (isMisaligned(address, alignment))
    reportFor(thread, where,
              "access to shared memory is not aligned to " +
                  std::to_string(alignment) + " bytes");
  checkMBarriers(thread, block, offset, bytes, write, where);
  checkInFlight(thread, block, address, bytes, write, where);
  return true;
}

//===----------------------------------------------------------------------===//
// Asynchronous operations
//===----------------------------------------------------------------------===//

void flm::emu::beginAsync(Block &block, const void *address, int64_t bytes,
                          bool write, const char *where) {
  forEachGranule(block, address, bytes, [&](Granule &granule) {
    ++(write ? granule.writes : granule.reads);
    (write ? granule.writer : granule.reader) = where;
    return true;
  });
}

void flm::emu::endAsync(Block &block, const void *address, int64_t bytes,
                        bool write) {
  forEachGranule(block, address, bytes, [&](Granule &granule) {
    --(write ? granule.writes : granule.reads);
    return true;
  });
}

void flm::emu::markUnfenced(Thread &thread, const void *address,
                            int64_t bytes) {
  Block &block = *thread.block;
  forEachGranule(block, address, bytes, [&](Granule &granule) {
    ++granule.unfenced;
    thread.unfenced.push_back(&granule - block.granules.data());
    return true;
  });
}

void flm::emu::fence(Thread &thread) {
  for (uint32_t granule : thread.unfenced)
    --thread.block->granules[granule].unfenced;
  thread.unfenced.clear();
}

void flm::emu::checkFenced(const Thread &thread, const Block &block,
                           const void *address, int64_t bytes,
                           const char *where, const char *what) {
  forEachGranule(block, address, bytes, [&](const Granule &granule) {
    if (granule.unfenced == 0)
      return true;
    reportFor(thread, where,
              std::string(what) + " shared memory that a thread wrote without "
                                  "a fence.proxy.async after it");
    return false;
  });
}

//===----------------------------------------------------------------------===//
// At the end
//===----------------------------------------------------------------------===//

void flm::emu::checkAtExit(const Thread &thread) {
  if (thread.bulkStores.waitedFor < thread.bulkStores.issued)
    reportFor(thread, "return",
              "leaves before its bulk stores are known to have read shared "
              "memory");
  if (thread.asyncCopies.waitedFor < thread.asyncCopies.issued)
    reportFor(thread, "return",
              "leaves before its copies to shared memory are waited for");
  if (thread.multiplications.waitedFor < thread.multiplications.issued)
    reportFor(thread, "return", "leaves before its wgmma are waited for");
}

void flm::emu::checkAtEnd(const Block &block) {
  const Thread &first = block.threads.front();
  for (const NamedBarrier &barrier : block.barriers)
    if (barrier.arrived > 0)
      reportFor(first, barrier.lastArrival,
                "a barrier is left with " + std::to_string(barrier.arrived) +
                    " of " + std::to_string(barrier.expected) +
                    " threads arrived");
  for (const auto &[offset, barrier] : block.mbarriers) {
    if (barrier.pending != barrier.count)
      reportFor(first, barrier.name,
                "an mbarrier is left with " + std::to_string(barrier.pending) +
                    " of " + std::to_string(barrier.count) +
                    " arrivals missing");
    if (barrier.bytes != 0)
      reportFor(first, barrier.name,
                "an mbarrier is left with " + std::to_string(barrier.bytes) +
                    " bytes missing");
  }
}

void flm::emu::reportBarrierStates(const Block &block) {
  const Thread &first = block.threads.front();
  for (size_t i = 0; i < block.barriers.size(); ++i)
    if (const NamedBarrier &barrier = block.barriers[i]; barrier.arrived > 0)
      reportFor(first, barrier.lastArrival,
                "state: barrier " + std::to_string(i) + " of block " +
                    std::to_string(block.rank) + " has " +
                    std::to_string(barrier.arrived) + " of " +
                    std::to_string(barrier.expected) + " threads");
  for (const auto &[offset, barrier] : block.mbarriers)
    reportFor(first, barrier.name,
              "state: mbarrier of block " + std::to_string(block.rank) +
                  " is in phase " + std::to_string(barrier.phase) +
                  ", misses " + std::to_string(barrier.pending) + " of " +
                  std::to_string(barrier.count) + " arrivals and " +
                  std::to_string(barrier.bytes) + " bytes");
}
