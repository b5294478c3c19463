//===----------------------------------------------------------------------===//
// Copies of contiguous bytes from global to shared memory: cp.async.bulk, which
// an mbarrier counts, and cp.async, which the thread that copies waits for.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Checks.h"
#include "codegen/gpu/emulator/runtime/Entries.h"
#include "codegen/gpu/emulator/runtime/MBarriers.h"

#include <algorithm>
#include <cstring>

using namespace flm::emu;

/// Of addresses and sizes of bulk copies.
static constexpr int64_t bulkBytes = 16;
/// A smaller copy shares a granule with others, which may be in flight too.
static bool isTracked(int32_t bytes) { return bytes == Block::granuleBytes; }

void flm_emu_bulk_load(void *shared, void *global, int32_t bytes,
                       void *mbarrier, const char *where) {
  Thread &thread = self();
  Block &block = *thread.block;
  if (bytes <= 0 || bytes % bulkBytes != 0) {
    report(where, "copies " + std::to_string(bytes) +
                      " bytes; a bulk copy moves a multiple of 16");
    abandon();
  }
  if (!checkShared(thread, block, shared, bytes, bulkBytes, /*write=*/true,
                   where) ||
      !checkGlobal(thread, global, bytes, bulkBytes, GlobalAccesses::Kind::Read,
                   where))
    abandon();
  beginAsync(block, shared, bytes, /*write=*/true, where);
  Cluster &cluster = *block.cluster;
  cluster.later(cluster.grid.options.copies, [&thread, &block, shared, global,
                                              bytes, mbarrier, where] {
    MBarrier *barrier =
        findMBarrier(thread, mbarrier, /*published=*/true, where);
    checkFenced(thread, block, shared, bytes, where, "TMA overwrites");
    std::memcpy(shared, global, bytes);
    endAsync(block, shared, bytes, /*write=*/true);
    if (barrier)
      completeBytes(thread, *barrier, bytes, where);
  });
}

void flm_emu_async_copy(void *shared, void *global, int32_t bytes,
                        int32_t valid, const char *where) {
  Thread &thread = self();
  Block &block = *thread.block;
  if (valid < 0 || valid > bytes) {
    report(where, "reads " + std::to_string(valid) + " bytes to copy " +
                      std::to_string(bytes));
    abandon();
  }
  if (!checkShared(thread, block, shared, bytes, bytes, /*write=*/true, where))
    abandon();
  if (valid > 0 && !checkGlobal(thread, global, valid, bytes,
                                GlobalAccesses::Kind::Read, where))
    abandon();
  int64_t operation = thread.asyncCopies.issue();
  if (isTracked(bytes))
    beginAsync(block, shared, bytes, /*write=*/true, where);
  Cluster &cluster = *block.cluster;
  cluster.later(cluster.grid.options.copies,
                [&thread, &block, shared, global, bytes, valid, operation] {
                  std::memset(shared, 0, bytes);
                  if (valid > 0)
                    std::memcpy(shared, global, valid);
                  if (isTracked(bytes))
                    endAsync(block, shared, bytes, /*write=*/true);
                  thread.asyncCopies.finish(operation);
                });
}

void flm_emu_async_commit(const char *) { self().asyncCopies.commit(); }

void flm_emu_async_wait(int32_t pending, const char *where) {
  AsyncGroups &copies = self().asyncCopies;
  int64_t needed = copies.neededFor(pending);
  waitUntil(where, [&copies, needed] { return copies.prefix >= needed; });
  copies.waitedFor = std::max(copies.waitedFor, needed);
}
