//===----------------------------------------------------------------------===//
// Conflicts between blocks in global memory.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/GlobalAccesses.h"

using namespace flm::emu;

GlobalAccesses::GlobalAccesses(const Launch &launch) : launch(launch) {
  for (const GlobalRange &range : launch.memory) {
    bool shared = range.writable && launch.blocks > 1;
    size_t count = range.bytes / cellBytes + 1;
    cells.push_back(shared ? std::make_unique<Cell[]>(count) : nullptr);
  }
}

/// Whom `block` conflicts with: a block, counted from 1, `several` or `nobody`.
int32_t GlobalAccesses::conflict(Cell &cell, Kind kind, int32_t block) {
  constexpr auto relaxed = std::memory_order_relaxed;
  if (kind == Kind::Read) {
    int32_t reader = nobody;
    if (!cell.reader.compare_exchange_strong(reader, block, relaxed) &&
        reader != block)
      cell.reader.store(several, relaxed);
    int32_t writer = cell.writer.load(relaxed);
    return writer == block ? nobody : writer;
  }
  // Blocks that add are several writers who do not mind each other.
  int32_t writer = nobody;
  int32_t self = kind == Kind::Add ? several : block;
  if (!cell.writer.compare_exchange_strong(writer, self, relaxed) &&
      writer != self && writer != block)
    return writer;
  int32_t reader = cell.reader.load(relaxed);
  return reader == block ? nobody : reader;
}

std::string GlobalAccesses::note(size_t range, const void *address,
                                 int64_t bytes, Kind kind, int block) {
  if (!cells[range])
    return {};
  const GlobalRange &memory = launch.memory[range];
  int64_t offset = static_cast<const char *>(address) - memory.begin;
  int64_t last = (offset + bytes - 1) / cellBytes;
  for (int64_t i = offset / cellBytes; i <= last; ++i)
    if (int32_t other = conflict(cells[range][i], kind, block + 1)) {
      std::string s = other == several ? "" : "s", writes = "write" + s;
      return std::string(kind == Kind::Read ? "reads" : "writes") + " '" +
             memory.name + "' where " +
             (other == several ? "other blocks" : "another block") + " " +
             (kind == Kind::Read ? writes : "read" + s + " or " + writes) +
             " in the same launch: nothing orders them";
    }
  return {};
}
