//===----------------------------------------------------------------------===//
// Copies between tensors and shared memory (TMA): boxes, swizzles, bytes
// reported to mbarriers, groups of stores.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Barriers.h"
#include "codegen/gpu/emulator/runtime/Checks.h"
#include "codegen/gpu/emulator/runtime/Entries.h"
#include "codegen/gpu/emulator/runtime/Swizzle.h"
#include "codegen/gpu/reference/Bf16.h"

#include <algorithm>
#include <cstring>

using namespace flm::emu;
using flm::gpuref::fromBF16;
using flm::gpuref::toBF16;

namespace {

/// What the swizzle moves as one.
constexpr int64_t chunkBytes = 16;
/// Of the shared-memory end of a copy (PTX ISA, "cp.async.bulk.tensor").
constexpr int64_t copyAlignment = 128;

using Coordinates = std::array<int32_t, TensorMap::maxRank>;

/// A copy between a box of a tensor and shared memory.
struct BoxCopy {
  const TensorMap *map;
  Coordinates at;
  char *shared;

  int64_t rowBytes() const { return map->box[0] * map->strideBytes[0]; }
  int64_t rows() const {
    int64_t rows = 1;
    for (int i = 1; i < map->rank; ++i)
      rows *= map->box[i];
    return rows;
  }
  int64_t bytes() const { return rows() * rowBytes(); }

  /// Where row `row` of the box lies in the tensor, as of element 0 of the
  /// innermost dim; null if it is outside.
  char *tensorRow(int64_t row) const {
    char *address = map->base;
    for (int i = 1; i < map->rank; ++i) {
      int64_t index = at[i] + row % map->box[i];
      row /= map->box[i];
      if (index < 0 || index >= map->dims[i])
        return nullptr;
      address += index * map->strideBytes[i];
    }
    return address;
  }

  /// visit(tensor, shared, bytes) for each chunk: `bytes` of it lie within the
  /// tensor, and `tensor` is null where none do.
  template <typename Visit> void forEachChunk(Visit visit) const {
    int64_t element = map->strideBytes[0];
    int64_t rowEnd = map->dims[0] * element;
    for (int64_t row = 0; row < rows(); ++row) {
      char *tensor = tensorRow(row);
      for (int64_t byte = 0; byte < rowBytes(); byte += chunkBytes) {
        int64_t column = at[0] * element + byte;
        int64_t valid = std::min(chunkBytes, rowEnd - column);
        bool inside = tensor && column >= 0 && valid > 0;
        auto linear =
            reinterpret_cast<uintptr_t>(shared) + row * rowBytes() + byte;
        visit(inside ? tensor + column : nullptr,
              reinterpret_cast<char *>(swizzle(linear, map->swizzleBytes)),
              inside ? valid : 0);
      }
    }
  }
};

/// Notes what the hardware would refuse or get wrong.
bool checkCopy(const Thread &thread, const Block &block, const BoxCopy &copy,
               int32_t rank, bool write, const char *where) {
  if (copy.map->rank != rank) {
    reportFor(thread, where,
              "gives " + std::to_string(rank) + " coordinates to a tensor of " +
                  std::to_string(copy.map->rank) + " dims");
    return false;
  }
  if (copy.map->swizzleBytes != 0 && copy.rowBytes() > copy.map->swizzleBytes) {
    reportFor(thread, where,
              "a row of the box has " + std::to_string(copy.rowBytes()) +
                  " bytes, more than the swizzle spans");
    return false;
  }
  return checkShared(thread, block, copy.shared, copy.bytes(), copyAlignment,
                     write, where);
}

BoxCopy makeCopy(const TensorMap *map, const int32_t *coordinates, int32_t rank,
                 void *shared) {
  BoxCopy copy{map, {}, static_cast<char *>(shared)};
  std::copy_n(coordinates, std::min(rank, TensorMap::maxRank), copy.at.begin());
  return copy;
}

/// One block's share of a load.
void arriveInBlock(const Thread &thread, Block &block, BoxCopy copy,
                   void *mbarrier, const char *where) {
  MBarrier *barrier = findMBarrier(thread, mbarrier, /*published=*/true, where);
  copy.forEachChunk([&](char *tensor, char *shared, int64_t valid) {
    checkFenced(thread, block, shared, chunkBytes, where, "TMA overwrites");
    std::memset(shared, 0, chunkBytes);
    if (tensor)
      std::memcpy(shared, tensor, valid);
  });
  if (barrier)
    completeBytes(*barrier, copy.bytes());
}

} // namespace

void flm_emu_tensor_load(void *shared, TensorMap *map,
                         const int32_t *coordinates, int32_t rank,
                         void *mbarrier, int32_t blocks, const char *where) {
  Thread &thread = self();
  Cluster &cluster = *thread.block->cluster;
  BoxCopy copy = makeCopy(map, coordinates, rank, shared);
  if (!checkCopy(thread, *thread.block, copy, rank, /*write=*/true, where))
    return;
  uint32_t offset = thread.block->offsetOf(shared);
  uint32_t barrierOffset = thread.block->offsetOf(mbarrier);
  // Null: this block only. Otherwise all that the mask names, at the same
  // offsets, each at its own time.
  uint32_t mask = blocks ? blocks : 1u << thread.block->rank;
  for (Block &block : cluster.blocks) {
    if (!(mask >> block.rank & 1))
      continue;
    copy.shared = block.shared + offset;
    void *barrier = block.shared + barrierOffset;
    cluster.later(cluster.grid.options.copies,
                  [&thread, &block, copy, barrier, where] {
                    arriveInBlock(thread, block, copy, barrier, where);
                  });
  }
  if (mask >> cluster.blocks.size())
    report(where, "copies to blocks that are not in the cluster");
}

void flm_emu_bulk_load(void *shared, void *global, int32_t bytes,
                       void *mbarrier, const char *where) {
  Thread &thread = self();
  Block &block = *thread.block;
  if (bytes <= 0 || bytes % chunkBytes != 0) {
    reportFor(thread, where,
              "copies " + std::to_string(bytes) +
                  " bytes; a bulk copy moves a multiple of 16");
    abandon();
  }
  if (!checkShared(thread, block, shared, bytes, chunkBytes, /*write=*/true,
                   where) ||
      !checkGlobal(thread, global, bytes, chunkBytes, /*write=*/false, where))
    abandon();
  Cluster &cluster = *block.cluster;
  cluster.later(cluster.grid.options.copies, [&thread, &block, shared, global,
                                              bytes, mbarrier, where] {
    MBarrier *barrier =
        findMBarrier(thread, mbarrier, /*published=*/true, where);
    checkFenced(thread, block, shared, bytes, where, "TMA overwrites");
    std::memcpy(shared, global, bytes);
    if (barrier)
      completeBytes(*barrier, bytes);
  });
}

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

static void addElements(char *tensor, const char *shared, int64_t bytes,
                        bool bf16) {
  if (bf16) {
    for (int64_t i = 0; i < bytes; i += 2) {
      uint16_t a, b;
      std::memcpy(&a, tensor + i, 2);
      std::memcpy(&b, shared + i, 2);
      a = toBF16(fromBF16(a) + fromBF16(b));
      std::memcpy(tensor + i, &a, 2);
    }
    return;
  }
  for (int64_t i = 0; i < bytes; i += 4) {
    float a, b;
    std::memcpy(&a, tensor + i, 4);
    std::memcpy(&b, shared + i, 4);
    a += b;
    std::memcpy(tensor + i, &a, 4);
  }
}

void flm_emu_tensor_store(TensorMap *map, void *shared,
                          const int32_t *coordinates, int32_t rank, int32_t add,
                          const char *where) {
  Thread &thread = self();
  Block &block = *thread.block;
  BoxCopy copy = makeCopy(map, coordinates, rank, shared);
  if (!checkCopy(thread, block, copy, rank, /*write=*/false, where))
    return;
  int64_t operation = thread.bulkStores.issue();
  Cluster &cluster = *block.cluster;
  cluster.later(cluster.grid.options.copies, [&thread, &block, copy, add,
                                              operation, where] {
    std::lock_guard<std::mutex> lock(block.cluster->grid.reductions);
    copy.forEachChunk([&](char *tensor, char *source, int64_t valid) {
      checkFenced(thread, block, source, chunkBytes, where, "TMA reads");
      if (tensor && add)
        addElements(tensor, source, valid, copy.map->bf16Elements);
      else if (tensor)
        std::memcpy(tensor, source, valid);
    });
    thread.bulkStores.finish(operation);
  });
}

void flm_emu_bulk_commit(const char *) { self().bulkStores.commit(); }

void flm_emu_bulk_wait(int32_t pending, const char *where) {
  AsyncGroups &stores = self().bulkStores;
  int64_t needed = stores.neededFor(pending);
  waitUntil(where, [&stores, needed] { return stores.prefix >= needed; });
  stores.waitedFor = std::max(stores.waitedFor, needed);
}

//===----------------------------------------------------------------------===//
// cp.async: 16 bytes at a time, waited for by the thread that copies
//===----------------------------------------------------------------------===//

void flm_emu_async_copy(void *shared, void *global, int32_t bytes,
                        int32_t valid, const char *where) {
  Thread &thread = self();
  Block &block = *thread.block;
  if (!checkShared(thread, block, shared, bytes, bytes, /*write=*/true, where))
    abandon();
  if (valid > 0 &&
      !checkGlobal(thread, global, valid, bytes, /*write=*/false, where))
    abandon();
  int64_t operation = thread.asyncCopies.issue();
  Cluster &cluster = *block.cluster;
  cluster.later(cluster.grid.options.copies,
                [&thread, shared, global, bytes, valid, operation] {
                  std::memset(shared, 0, bytes);
                  if (valid > 0)
                    std::memcpy(shared, global, valid);
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
