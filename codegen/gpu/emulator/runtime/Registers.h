//===----------------------------------------------------------------------===//
// How many registers warps own.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_REGISTERS_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_REGISTERS_H

#include "codegen/gpu/emulator/runtime/Emulator.h"

namespace flm::emu {

struct Block;

/// Per thread, as a launch begins: the most that lets the block run, which is
/// what ptxas allots to a kernel that says how many threads it has.
int launchRegisters(const Launch &launch);

/// All threads have returned: every warp of a warpgroup changed its registers
/// as often.
void checkRegisterChanges(const Block &block);

} // namespace flm::emu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_REGISTERS_H
