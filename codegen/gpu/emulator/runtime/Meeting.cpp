//===----------------------------------------------------------------------===//
// Who may meet whom (PTX ISA, "shfl.sync": lanes wait for all lanes of the mask
// to execute it "with the same qualifiers and same membermask value";
// ".aligned": "all threads in the warp must execute the same instruction").
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Meeting.h"

using namespace flm::emu;

uint32_t flm::emu::allLanes() {
  const Thread &thread = self();
  size_t lanes = thread.block->threads.size() - thread.warp() * warpThreads;
  return lanes >= warpThreads ? ~0u : (1u << lanes) - 1;
}

static bool isAligned(MeetingKind kind) {
  return kind >= MeetingKind::LoadMatrix;
}

/// The meeting that waits for the running lane; a free one if there is none.
static Meeting &findMeeting(Warp &warp, uint32_t lane) {
  Meeting *free = nullptr;
  for (Meeting &meeting : warp.meetings) {
    if (meeting.mask & lane & ~meeting.arrived)
      return meeting;
    if (meeting.mask == 0)
      free = &meeting;
  }
  return free ? *free : warp.meetings.emplace_back();
}

Together::Together(MeetingKind kind, uint32_t mask, const void *value,
                   size_t bytes, const char *where) {
  Thread &thread = self();
  uint32_t lane = 1u << thread.lane();
  if (!(mask & lane)) {
    report(where, "the lane is not in its own mask");
    abandon();
  }
  meeting = &findMeeting(thread.block->warps[thread.warp()], lane);
  if (meeting->mask == 0) {
    meeting->mask = mask;
    meeting->arrived = 0;
    meeting->kind = static_cast<int>(kind);
    meeting->where = where;
    meeting->leaving = __builtin_popcount(mask);
  } else if (meeting->mask != mask) {
    report(where, std::string("names other lanes than ") + meeting->where +
                      ", which waits for this lane");
    abandon();
  } else if (meeting->kind != static_cast<int>(kind) ||
             (isAligned(kind) && std::strcmp(meeting->where, where) != 0)) {
    report(where, std::string("lanes of the warp are at another op, ") +
                      meeting->where + ", which waits for this lane");
    abandon();
  }
  std::memcpy(meeting->slots[thread.lane()].data(), value, bytes);
  meeting->arrived |= lane;
  if (meeting->arrived != mask) {
    const Meeting *waited = meeting;
    waitUntil(where, [waited, mask] { return waited->arrived == mask; });
  }
}

Together::~Together() {
  if (--meeting->leaving == 0)
    meeting->mask = 0;
}
