//===----------------------------------------------------------------------===//
// What CPUID says is what the system says, and what is missing is named.
//===----------------------------------------------------------------------===//
#include "runtime/device/CpuFeatures.h"
#include "test/runtime/TestFiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

using namespace flmrt;
using namespace flmtest;
using testing::HasSubstr;

namespace {

#if defined(__x86_64__)
TEST(CpuFeatures, AreThoseThatTheSystemLists) {
  std::string info = readFile("/proc/cpuinfo");
  std::string flags = info.substr(info.find("\nflags"));
  flags = flags.substr(1, flags.find('\n', 1) - 1) + " ";
  // Where Linux spells them differently.
  const std::map<std::string, std::string> spelling = {
      {"sse3", "pni"},
      {"sse4.1", "sse4_1"},
      {"sse4.2", "sse4_2"},
      {"lzcnt", "abm"},
      {"bmi", "bmi1"},
      {"avxvnni", "avx_vnni"},
      {"avxifma", "avx_ifma"},
      {"avx512vbmi2", "avx512_vbmi2"},
      {"avx512vnni", "avx512_vnni"},
      {"avx512bitalg", "avx512_bitalg"},
      {"avx512vpopcntdq", "avx512_vpopcntdq"},
      {"avx512fp16", "avx512_fp16"},
      {"avx512bf16", "avx512_bf16"},
  };
  // Not in the system's list, whatever the CPU has.
  const std::string unlisted = "avxvnniint8 avxneconvert";
#define FLM_CPU_FEATURE(name, leaf, subleaf, reg, bit, state)                  \
  if (unlisted.find(name) == std::string::npos) {                              \
    auto found = spelling.find(name);                                          \
    std::string flag = found == spelling.end() ? name : found->second;         \
    EXPECT_EQ(hasCpuFeature(name),                                             \
              flags.find(" " + flag + " ") != std::string::npos)               \
        << name;                                                               \
  }
#include "runtime/abi/CpuFeatures.def"
}
#endif

TEST(CpuFeatures, ThatAreMissingAreNamed) {
  EXPECT_EQ(errorOf([] { requireCpuFeatures("x86-64", {}); }), "");
  EXPECT_THAT(errorOf([] {
                requireCpuFeatures("future", {"telepathy", "levitation"});
              }),
              HasSubstr("compiled for the CPU 'future' and needs what this one "
                        "does not have: telepathy, levitation;"));
}

} // namespace
