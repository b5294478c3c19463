//===----------------------------------------------------------------------===//
// The table of entry points, and the simple ones.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Entries.h"
#include "codegen/gpu/emulator/runtime/Checks.h"

#include <cmath>

using namespace flm::emu;

const std::vector<EntryPoint> &flm::emu::entryPoints() {
  static const std::vector<EntryPoint> entries = {
#define FLM_EMU_ROW(name, result, parameters)                                  \
  {"flm_emu_" #name, reinterpret_cast<void *>(&flm_emu_##name)},
      FLM_EMU_ENTRIES(FLM_EMU_ROW)
#undef FLM_EMU_ROW
  };
  return entries;
}

//===----------------------------------------------------------------------===//
// Where a thread is. Blocks and grids have one dim.
//===----------------------------------------------------------------------===//

int32_t flm_emu_thread_index(const char *) { return self().index; }
int32_t flm_emu_block_index(int32_t dimension, const char *) {
  return dimension == 0 ? self().block->index : 0;
}
int32_t flm_emu_block_threads(const char *) {
  return static_cast<int32_t>(self().block->threads.size());
}
int32_t flm_emu_grid_blocks(int32_t dimension, const char *) {
  return dimension == 0 ? self().block->cluster->grid.launch.blocks : 1;
}
int32_t flm_emu_lane(const char *) { return self().lane(); }
int32_t flm_emu_cluster_rank(const char *) { return self().block->rank; }
int32_t flm_emu_cluster_blocks(const char *) {
  return static_cast<int32_t>(self().block->cluster->blocks.size());
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void *flm_emu_shared_base() { return self().block->shared; }

void flm_emu_check_global(void *address, int64_t bytes, int64_t alignment,
                          int32_t write, const char *where) {
  if (!checkGlobal(self(), address, bytes, alignment,
                   write ? GlobalAccesses::Kind::Write
                         : GlobalAccesses::Kind::Read,
                   where))
    abandon();
}

void flm_emu_check_shared(void *address, int64_t bytes, int64_t alignment,
                          int32_t write, const char *where) {
  Thread &thread = self();
  if (!checkShared(thread, *thread.block, address, bytes, alignment, write,
                   where))
    abandon();
  if (write)
    markUnfenced(thread, address, bytes);
}

void flm_emu_fence_proxy_async(const char *) { fence(self()); }

//===----------------------------------------------------------------------===//
// Approximate functions: exact here but for their .ftz, so a kernel must bear
// their error.
//===----------------------------------------------------------------------===//

/// Zero, with the sign, for a subnormal number.
static float flushed(float x) {
  return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x;
}

float flm_emu_exp2(float x) { return flushed(std::exp2(flushed(x))); }
float flm_emu_log2(float x) { return flushed(std::log2(flushed(x))); }
float flm_emu_reciprocal(float x) { return flushed(1 / flushed(x)); }
float flm_emu_rsqrt(float x) { return flushed(1 / std::sqrt(flushed(x))); }
