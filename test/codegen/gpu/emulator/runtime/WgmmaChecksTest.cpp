//===----------------------------------------------------------------------===//
// wgmma: descriptors, threads that differ, and accesses while it is in flight.
//===----------------------------------------------------------------------===//
#include "test/codegen/gpu/emulator/EmulatedBlock.h"

using namespace flm::emu;
using testing::IsEmpty;

namespace {

constexpr int n = 8;

/// K-major, 128-byte swizzle, groups of eight rows 1024 bytes apart.
int64_t descriptorAt(int64_t offset) {
  return offset >> 4 | int64_t(1024 >> 4) << 32 | int64_t(1) << 62;
}
constexpr int offsetB = 8192, sharedBytes = 8192 + 1024;

struct Issue {
  int64_t a = descriptorAt(0), b = descriptorAt(offsetB);
  const char *where = "wgmma";
};

/// One multiplication by each thread; `between` comes before the wait, `after`
/// the wait for all but `pending` groups.
std::set<std::string> multiply(std::function<Issue(int)> issue,
                               std::function<void(int, float *)> between = {},
                               int pending = 0) {
  return findingsOf(launchOf(128, sharedBytes), [&](int thread) {
    float result[n / 2] = {};
    Issue op = issue(thread);
    flm_emu_wgmma_fence("fence");
    flm_emu_wgmma(n, 0, 0, 0, nullptr, op.a, op.b, result, op.where);
    flm_emu_wgmma_commit("commit");
    if (between)
      between(thread, result);
    flm_emu_wgmma_wait(pending, "wait");
    flm_emu_wgmma_results(result, op.where);
    flm_emu_wgmma_wait(0, "wait");
  });
}

TEST(WgmmaChecksTest, ReportsDescriptorsThatAreUndefined) {
  auto withB = [](int64_t b) {
    return multiply([=](int) { return Issue{descriptorAt(0), b}; });
  };
  EXPECT_THAT(withB(descriptorAt(offsetB)), IsEmpty());
  EXPECT_THAT(withB(descriptorAt(offsetB + 32)), IsEmpty()); // a step of k
  EXPECT_THAT(withB(descriptorAt(offsetB) | int64_t(1) << 15),
              hasFinding("wgmma: the matrix descriptor has bits beside its "
                         "fields"));
  EXPECT_THAT(withB(descriptorAt(offsetB) & ~(int64_t(3) << 62)),
              hasFinding("does not have the 128-byte swizzle"));
  EXPECT_THAT(withB(descriptorAt(offsetB - 896)),
              hasFinding("the matrix begins in row 1 of the swizzle's pattern, "
                         "with the base offset 0; expected 0 and 0"));
  EXPECT_THAT(withB(descriptorAt(offsetB) | int64_t(1) << 49),
              hasFinding("with the base offset 1"));
  EXPECT_THAT(withB(descriptorAt(sharedBytes)),
              hasFinding("wgmma reads shared memory out of bounds"));
}

TEST(WgmmaChecksTest, ReportsThreadsThatDiffer) {
  EXPECT_THAT(multiply([](int thread) {
                return Issue{descriptorAt(thread == 40 ? 1024 : 0),
                             descriptorAt(offsetB)};
              }),
              hasFinding("wgmma: the operands of a wgmma differ between the "
                         "threads of a warpgroup"));
  EXPECT_THAT(
      multiply([](int thread) {
        Issue op;
        op.where = thread < 64 ? "first" : "second";
        return op;
      }),
      testing::AnyOf(
          hasFinding("first: threads of the warpgroup are at another wgmma"),
          hasFinding("second: threads of the warpgroup are at another wgmma")));
}

TEST(WgmmaChecksTest, NobodyWritesWhatItReads) {
  for (int64_t offset : {0, offsetB, offsetB + 1024 - 16})
    EXPECT_THAT(multiply([](int) { return Issue(); },
                         [=](int thread, float *) {
                           // All have issued it.
                           flm_emu_barrier(1, 128, "issued");
                           if (thread == 0)
                             flm_emu_check_shared(sharedByte(offset), 4, 4,
                                                  /*write=*/1, "store");
                         }),
                hasFinding("store: writes shared memory that wgmma may still "
                           "read"));
}

TEST(WgmmaChecksTest, ReportsResultsThatAWaitDidNotCover) {
  EXPECT_THAT(multiply([](int) { return Issue(); }, {}, /*pending=*/1),
              hasFinding("wgmma: its results are used after a wait_group that "
                         "did not cover it"));
}

/// Before the first one, and again after a wait.
TEST(WgmmaChecksTest, ReportsRegistersThatAreNotFenced) {
  auto twice = [](bool before, bool between) {
    return findingsOf(launchOf(128, sharedBytes), [=](int) {
      for (int i = 0; i < 2; ++i) {
        float result[n / 2];
        if (i ? between : before)
          flm_emu_wgmma_fence("fence");
        flm_emu_wgmma(n, 0, 0, 0, nullptr, descriptorAt(0),
                      descriptorAt(offsetB), result, "wgmma");
        flm_emu_wgmma_commit("commit");
        flm_emu_wgmma_wait(0, "wait");
      }
    });
  };
  EXPECT_THAT(twice(true, true), IsEmpty());
  for (auto [before, between] : {std::pair(false, true), {true, false}})
    EXPECT_THAT(twice(before, between),
                hasFinding("wgmma: wgmma without a wgmma.fence since the "
                           "registers were used"));
}

/// A copy into an operand that has not landed.
TEST(WgmmaChecksTest, ReportsOperandsThatACopyStillWrites) {
  alignas(16) static char source[16];
  Launch launch = launchOf(128, sharedBytes);
  launch.memory = {{"x", source, sizeof source, false}};
  EXPECT_THAT(
      findingsOf(launch,
                 [&](int thread) {
                   if (thread == 127)
                     flm_emu_async_copy(sharedByte(0), source, 16, 16, "copy");
                   float result[n / 2];
                   flm_emu_wgmma_fence("fence");
                   flm_emu_wgmma(n, 0, 0, 0, nullptr, descriptorAt(0),
                                 descriptorAt(offsetB), result, "wgmma");
                   flm_emu_wgmma_commit("commit");
                   flm_emu_wgmma_wait(0, "wait");
                   flm_emu_async_commit("commit");
                   flm_emu_async_wait(0, "wait");
                 }),
      hasFinding("wgmma: wgmma reads shared memory that copy may still "
                 "write"));
}

} // namespace
