//===----------------------------------------------------------------------===//
// Lanes of a warp that execute one instruction together and hand each other
// values.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_MEETING_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_MEETING_H

#include "codegen/gpu/emulator/runtime/Cluster.h"

#include <cstring>

namespace flm::emu {

/// What lanes meet for. Those of one meeting agree on it.
enum class MeetingKind {
  WarpBarrier,
  Elect,
  ShuffleButterfly,
  ShuffleUp,
  ShuffleDown,
  ShuffleIndex,
  // Those that are `.aligned`: of all lanes, at one and the same op.
  LoadMatrix,
  StoreMatrix,
  Multiply,
  SetRegisters,
  Wgmma,
};

/// The running lane's part in a meeting, from when all lanes of the mask have
/// come to when this one has read what it needs.
class Together {
public:
  /// Hands in `value` and waits for the lanes of `mask`. Lanes that come with
  /// another mask, for another kind or, where the kind is aligned, at another
  /// op are a finding, and the cluster ends.
  template <typename T>
  Together(MeetingKind kind, uint32_t mask, const T &value, const char *where)
      : Together(kind, mask, &value, sizeof value, where) {
    static_assert(sizeof(T) <= Meeting::slotBytes);
  }
  ~Together();
  Together(const Together &) = delete;
  Together &operator=(const Together &) = delete;

  template <typename T> T read(int lane) const {
    T value;
    std::memcpy(&value, meeting->slots[lane].data(), sizeof(T));
    return value;
  }

private:
  Together(MeetingKind kind, uint32_t mask, const void *value, size_t bytes,
           const char *where);
  Meeting *meeting;
};

/// The lanes that the running thread's warp has.
uint32_t allLanes();

} // namespace flm::emu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_MEETING_H
