//===----------------------------------------------------------------------===//
// Which block has read or written what of global memory. Nothing orders the
// accesses of two blocks of a launch, so that they may not meet where one of
// them writes.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_GLOBALACCESSES_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_GLOBALACCESSES_H

#include "codegen/gpu/emulator/runtime/Emulator.h"

#include <atomic>
#include <memory>
#include <string>

namespace flm::emu {

class GlobalAccesses {
public:
  enum class Kind {
    Read,
    Write,
    Add, ///< atomically: several blocks may
  };

  explicit GlobalAccesses(const Launch &launch);

  /// Notes an access that lies within `launch.memory[range]`; what is wrong
  /// with it, empty if nothing is. Called from any host thread.
  std::string note(size_t range, const void *address, int64_t bytes, Kind kind,
                   int block);

private:
  /// Of two bytes, the smallest element: a block, counted from 1, or one of
  /// the constants below.
  struct Cell {
    std::atomic<int32_t> writer{0}, reader{0};
  };
  static constexpr int cellBytes = 2;
  static constexpr int32_t nobody = 0, several = -1;

  static int32_t conflict(Cell &cell, Kind kind, int32_t block);

  const Launch &launch;
  /// Per range; null where nothing can be wrong.
  std::vector<std::unique_ptr<Cell[]>> cells;
};

} // namespace flm::emu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_GLOBALACCESSES_H
