//===----------------------------------------------------------------------===//
// Copies between tensors and shared memory (TMA): boxes, swizzles, bytes
// reported to mbarriers, groups of stores.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Checks.h"
#include "codegen/gpu/emulator/runtime/Entries.h"
#include "codegen/gpu/emulator/runtime/MBarriers.h"
#include "codegen/gpu/emulator/runtime/Swizzle.h"
#include "codegen/gpu/emulator/runtime/TensorMap.h"
#include "runtime/abi/Bf16.h"

#include <algorithm>
#include <cstring>

using namespace flm::emu;
using flm::abi::roundToBf16;
using flm::abi::widenBf16;

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

/// Notes what the hardware would refuse or get wrong; whether the copy may be
/// carried out.
bool checkCopy(const Thread &thread, const Block &block, const BoxCopy &copy,
               int32_t rank, bool write, const char *where) {
  const Launch &launch = block.cluster->grid.launch;
  if (std::count(launch.tensorMaps.begin(), launch.tensorMaps.end(),
                 copy.map) == 0) {
    reportFor(thread, where,
              "what it takes for a tensor map is not one that the launch "
              "passed");
    return false;
  }
  // The launch has reported it.
  if (!problemWith(*copy.map, launch).empty())
    return false;
  if (copy.map->rank != rank) {
    reportFor(thread, where,
              "gives " + std::to_string(rank) + " coordinates to a tensor of " +
                  std::to_string(copy.map->rank) + " dims");
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
    if (tensor && checkGlobal(thread, tensor, valid, 1,
                              GlobalAccesses::Kind::Read, where))
      std::memcpy(shared, tensor, valid);
  });
  endAsync(block, copy.shared, copy.bytes(), /*write=*/true);
  if (barrier)
    completeBytes(thread, *barrier, copy.bytes(), where);
}

} // namespace

void flm_emu_tensor_load(void *shared, TensorMap *map,
                         const int32_t *coordinates, int32_t rank,
                         void *mbarrier, int32_t multicast, int32_t blocks,
                         const char *where) {
  Thread &thread = self();
  Cluster &cluster = *thread.block->cluster;
  BoxCopy copy = makeCopy(map, coordinates, rank, shared);
  if (!checkCopy(thread, *thread.block, copy, rank, /*write=*/true, where))
    abandon();
  uint32_t offset = thread.block->offsetOf(shared);
  if (!thread.block->holds(mbarrier)) {
    report(where, "completes on an mbarrier that is not in the block's own "
                  "shared memory");
    abandon();
  }
  uint32_t barrierOffset = thread.block->offsetOf(mbarrier);
  // Without a multicast, this block only. Otherwise all that the mask names, at
  // the same offsets, each at its own time.
  uint32_t mask = multicast ? blocks : 1u << thread.block->rank;
  if (mask == 0)
    report(where, "copies to no block");
  for (Block &block : cluster.blocks) {
    if (!(mask >> block.rank & 1))
      continue;
    copy.shared = block.shared + offset;
    if (&block != thread.block)
      checkShared(thread, block, copy.shared, copy.bytes(), copyAlignment,
                  /*write=*/true, where);
    beginAsync(block, copy.shared, copy.bytes(), /*write=*/true, where);
    void *barrier = block.shared + barrierOffset;
    cluster.later(cluster.grid.options.copies,
                  [&thread, &block, copy, barrier, where] {
                    arriveInBlock(thread, block, copy, barrier, where);
                  });
  }
  if (mask >> cluster.blocks.size())
    report(where, "copies to blocks that are not in the cluster");
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
      a = roundToBf16(widenBf16(a) + widenBf16(b));
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

/// A store takes effect.
static void storeBox(Thread &thread, Block &block, const BoxCopy &copy,
                     bool add, const char *where) {
  std::lock_guard<std::mutex> lock(block.cluster->grid.reductions);
  auto kind = add ? GlobalAccesses::Kind::Add : GlobalAccesses::Kind::Write;
  copy.forEachChunk([&](char *tensor, char *source, int64_t valid) {
    checkFenced(thread, block, source, chunkBytes, where, "TMA reads");
    if (!tensor || !checkGlobal(thread, tensor, valid, 1, kind, where))
      return;
    if (add)
      addElements(tensor, source, valid, copy.map->bf16Elements);
    else
      std::memcpy(tensor, source, valid);
  });
  endAsync(block, copy.shared, copy.bytes(), /*write=*/false);
}

void flm_emu_tensor_store(TensorMap *map, void *shared,
                          const int32_t *coordinates, int32_t rank, int32_t add,
                          const char *where) {
  Thread &thread = self();
  Block &block = *thread.block;
  BoxCopy copy = makeCopy(map, coordinates, rank, shared);
  if (!checkCopy(thread, block, copy, rank, /*write=*/false, where))
    abandon();
  int64_t operation = thread.bulkStores.issue();
  beginAsync(block, copy.shared, copy.bytes(), /*write=*/false, where);
  Cluster &cluster = *block.cluster;
  cluster.later(cluster.grid.options.copies,
                [&thread, &block, copy, add, operation, where] {
                  storeBox(thread, block, copy, add, where);
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
