//===----------------------------------------------------------------------===//
// Who may run in a sweep over the threads of a cluster.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_SCHEDULE_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_SCHEDULE_H

#include "codegen/gpu/reference/Random.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace flm::emu {

using gpuref::Random;

/// Holds warps back, to try orders that a fair schedule never shows. Every
/// schedule is legal: a GPU may run its warps in any order.
class Schedule {
public:
  virtual ~Schedule() = default;
  virtual void beginSweep() {}
  /// Whether `warp`, counted over the cluster, is held back in this sweep.
  virtual bool holds(int warp) { return false; }
  /// Nothing else can happen: let go. Whether anything was held.
  virtual bool release() { return false; }

  /// Seed 0: all run, in turn. Odd seeds: warps sleep now and then. Even seeds:
  /// one warp or warpgroup at a time is held until nothing else can run.
  static std::unique_ptr<Schedule> create(uint64_t seed, int warps,
                                          Random &random);
};

} // namespace flm::emu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_SCHEDULE_H
