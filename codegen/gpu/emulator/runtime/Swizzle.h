//===----------------------------------------------------------------------===//
// How TMA permutes the 16-byte chunks of shared memory (PTX ISA, "Swizzling
// modes"): bits 4… of an address are exchanged by its bits 7….
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_SWIZZLE_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_SWIZZLE_H

#include <cstdint>

namespace flm::emu {

inline uintptr_t swizzle(uintptr_t address, int spanBytes) {
  if (spanBytes == 0)
    return address;
  uintptr_t chunks = spanBytes / 16;
  return address ^ ((address >> 7 & (chunks - 1)) << 4);
}

} // namespace flm::emu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_SWIZZLE_H
