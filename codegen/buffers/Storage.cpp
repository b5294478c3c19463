//===----------------------------------------------------------------------===//
// Pieces of the scratch arena: when they are in use, and where they lie.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/Storage.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"

using namespace flm;

int64_t flm::placeStorages(llvm::MutableArrayRef<Storage> storages) {
  llvm::SmallVector<Storage *> order;
  for (Storage &storage : storages)
    order.push_back(&storage);
  // Pieces lie in one array, so that their addresses break ties.
  llvm::sort(order, [](const Storage *a, const Storage *b) {
    return a->bytes != b->bytes ? a->bytes > b->bytes : a < b;
  });
  llvm::SmallVector<Storage *> placed; // sorted by offset
  int64_t total = 0;
  for (Storage *storage : order) {
    int64_t offset = 0;
    for (Storage *other : placed) {
      if (other->to < storage->from || storage->to < other->from)
        continue;
      if (offset + storage->bytes <= other->offset)
        break; // fits into the gap before `other`
      offset = std::max(offset,
                        static_cast<int64_t>(llvm::alignTo(
                            other->offset + other->bytes, kBufferAlignment)));
    }
    storage->offset = offset;
    placed.insert(llvm::upper_bound(placed, storage,
                                    [](Storage *a, Storage *b) {
                                      return a->offset < b->offset;
                                    }),
                  storage);
    total = std::max(total, static_cast<int64_t>(llvm::alignTo(
                                offset + storage->bytes, kBufferAlignment)));
  }
  return total;
}
