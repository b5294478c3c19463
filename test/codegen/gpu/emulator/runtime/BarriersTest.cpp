//===----------------------------------------------------------------------===//
// Named barriers and the barrier of the cluster: what PTX leaves undefined.
//===----------------------------------------------------------------------===//
#include "test/codegen/gpu/emulator/EmulatedBlock.h"

using namespace flm::emu;
using testing::IsEmpty;

namespace {

TEST(NamedBarrierTest, ReportsAWarpThatIsSplit) {
  EXPECT_THAT(findingsOf(launchOf(32),
                         [](int lane) {
                           if (lane < 16)
                             flm_emu_barrier(1, 32, "left");
                           else
                             flm_emu_barrier(2, 32, "right");
                         }),
              hasFinding("lanes of the warp are at another barrier, "));
  // Even at one barrier: `.aligned` means one instruction.
  EXPECT_THAT(findingsOf(launchOf(32),
                         [](int lane) {
                           flm_emu_barrier(1, 32, lane < 16 ? "left" : "right");
                         }),
              hasFinding("lanes of the warp are at another barrier, "));
  EXPECT_THAT(findingsOf(launchOf(64),
                         [](int thread) {
                           if (thread % 32 < 16)
                             flm_emu_barrier(1, 32, "half");
                         }),
              hasFinding("half: deadlock"));
}

TEST(NamedBarrierTest, ReportsAWarpThatArrivesTwice) {
  EXPECT_THAT(findingsOf(launchOf(96),
                         [](int thread) {
                           if (thread < 32) {
                             flm_emu_barrier_arrive(1, 96, "arrive");
                             flm_emu_barrier_arrive(1, 96, "arrive");
                           } else if (thread < 64) {
                             flm_emu_barrier(1, 96, "wait");
                           }
                         }),
              hasFinding("arrives twice at barrier 1 before it completes"));
}

/// Two groups of two warps that use one barrier: each may complete the
/// other's.
TEST(NamedBarrierTest, ReportsWarpsThatMeetOthers) {
  auto meet = [](int secondId, bool between) {
    return findingsOf(launchOf(128), [=](int thread) {
      bool second = thread >= 64;
      if (between && second)
        flm_emu_barrier(0, 0, "all");
      flm_emu_barrier(second ? secondId : 1, 64, "meet");
      if (between && !second)
        flm_emu_barrier(0, 0, "all");
    });
  };
  EXPECT_THAT(meet(1, false), hasFinding("met last: nothing keeps them apart"));
  EXPECT_THAT(meet(2, false), IsEmpty());
  EXPECT_THAT(meet(1, true), IsEmpty());
}

TEST(NamedBarrierTest, ReportsMoreThreadsThanThereAre) {
  EXPECT_THAT(
      findingsOf(launchOf(32), [](int) { flm_emu_barrier(1, 64, "wait"); }),
      hasFinding("wait: barrier 1 waits for 64 threads of a block of 32"));
}

TEST(ClusterBarrierTest, ReportsWaitsAndArrivalsThatDoNotAlternate) {
  EXPECT_THAT(
      findingsOf(launchOf(32), [](int) { flm_emu_cluster_wait("wait"); }),
      hasFinding("wait: waits at the barrier of the cluster, where it has not "
                 "arrived"));
  EXPECT_THAT(findingsOf(launchOf(32),
                         [](int) {
                           flm_emu_cluster_arrive("arrive");
                           flm_emu_cluster_arrive("arrive");
                         }),
              hasFinding("arrive: arrives twice at the barrier of the "
                         "cluster"));
  runBlock(32, 0, [](int) {
    for (int i = 0; i < 3; ++i) {
      flm_emu_cluster_arrive("arrive");
      flm_emu_cluster_wait("wait");
    }
  });
}

} // namespace
