//===----------------------------------------------------------------------===//
// Pieces of the scratch arena: when they are in use, and where they lie.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_STORAGE_H
#define FLM_CODEGEN_BUFFERS_STORAGE_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <string>

namespace flm {

/// A piece of scratch that is in use in the closed interval [from, to].
struct Storage {
  int64_t bytes = 0;
  int64_t from = 0;
  int64_t to = 0;
  std::string name; ///< of the first value in it, for reports
  int64_t offset = -1;
};

/// Alignment of every buffer: a cache line, and a vector register.
constexpr int64_t kBufferAlignment = 64;

/// Gives each piece an offset such that pieces in use at one time never
/// overlap: largest first, each at the lowest offset that fits. Returns the
/// bytes used.
int64_t placeStorages(llvm::MutableArrayRef<Storage> storages);

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_STORAGE_H
