//===----------------------------------------------------------------------===//
// Asking CPUID.
//===----------------------------------------------------------------------===//
#include "runtime/device/CpuFeatures.h"

#include "runtime/UserError.h"

#include <cstdint>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

using namespace flmrt;

#if defined(__x86_64__)

namespace {

enum Register { eax, ebx, ecx, edx };
/// Bits of XCR0: the registers that the system saves.
enum State : uint64_t { none = 0, ymm = 0x6, zmm = 0xE6 };

uint32_t registerOf(uint32_t leaf, uint32_t subleaf, Register which) {
  unsigned values[4] = {0, 0, 0, 0};
  if (!__get_cpuid_count(leaf, subleaf, &values[0], &values[1], &values[2],
                         &values[3]))
    return 0;
  // Leaf 7 says how many subleaves it has.
  if (leaf == 7 && subleaf > 0 && registerOf(7, 0, eax) < subleaf)
    return 0;
  return values[which];
}

bool isSwitchedOn(State state) {
  if (state == none)
    return true;
  constexpr uint32_t osxsave = 1u << 27;
  if (!(registerOf(1, 0, ecx) & osxsave))
    return false;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & state) == state;
}

} // namespace

bool flmrt::hasCpuFeature(const std::string &name) {
#define FLM_CPU_FEATURE(known, leaf, subleaf, reg, bit, state)                 \
  if (name == known)                                                           \
    return (registerOf(leaf, subleaf, reg) >> bit & 1) && isSwitchedOn(state);
#include "runtime/abi/CpuFeatures.def"
  return false;
}

#else
bool flmrt::hasCpuFeature(const std::string &) { return false; }
#endif

void flmrt::requireCpuFeatures(const std::string &name,
                               const std::vector<std::string> &features) {
  std::string missing;
  for (const std::string &feature : features)
    if (!hasCpuFeature(feature))
      missing += (missing.empty() ? "" : ", ") + feature;
  if (!missing.empty())
    throw UserError("this binary was compiled for the CPU '" + name +
                    "' and needs what this one does not have: " + missing +
                    "; compile it on this machine, or with flmc --cpu=NAME, "
                    "NAME the least of the CPUs that run it (x86-64-v3)");
}
