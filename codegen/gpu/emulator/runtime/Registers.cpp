//===----------------------------------------------------------------------===//
// setmaxnreg: warps give registers to a pool of the block and take them out of
// it.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Registers.h"
#include "codegen/gpu/emulator/runtime/Entries.h"
#include "codegen/gpu/emulator/runtime/Meeting.h"

#include <algorithm>

using namespace flm::emu;

int flm::emu::launchRegisters(const Launch &launch) {
  constexpr int registersOfMultiprocessor = 65536, unit = 8, most = 256;
  return std::min(most, registersOfMultiprocessor / launch.threads) / unit *
         unit;
}

void flm_emu_set_registers(int32_t count, int32_t increase, const char *where) {
  Thread &thread = self();
  Block &block = *thread.block;
  Warp &warp = block.warps[thread.warp()];
  int64_t change = int64_t{count - warp.registers} * warpThreads;
  if (increase ? change < 0 && warp.registerChanges > 0 : change > 0)
    report(where, std::string(increase ? "increases" : "decreases") +
                      " the registers from " + std::to_string(warp.registers) +
                      " to " + std::to_string(count));
  {
    Together lanes(MeetingKind::SetRegisters, allLanes(), count, where);
  }
  if (thread.lane() == 0) {
    waitUntil(where,
              [&block, change] { return change <= block.freeRegisters; });
    block.freeRegisters -= change;
    warp.registers = count;
    ++warp.registerChanges;
  }
  Together(MeetingKind::SetRegisters, allLanes(), count, where);
}

void flm::emu::checkRegisterChanges(const Block &block) {
  const std::vector<Warp> &warps = block.warps;
  constexpr size_t groupWarps = warpgroupThreads / warpThreads;
  for (size_t i = 0; i < warps.size(); ++i) {
    const Warp &first = warps[i / groupWarps * groupWarps];
    if (warps[i].registerChanges != first.registerChanges)
      reportFor(block.threads[i * warpThreads], "return",
                "warp " + std::to_string(i) + " has executed setmaxnreg " +
                    std::to_string(warps[i].registerChanges) +
                    " times, the first of its warpgroup " +
                    std::to_string(first.registerChanges) + " times");
  }
}
