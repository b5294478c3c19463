//===----------------------------------------------------------------------===//
// mbarriers: ranges of their operands, uses that PTX leaves undefined, and
// waits that come to the hardware's time limit.
//===----------------------------------------------------------------------===//
#include "test/codegen/gpu/emulator/EmulatedBlock.h"

using namespace flm::emu;
using testing::IsEmpty;

namespace {

/// What is found where thread 0 alone executes `body(barrier)` behind the
/// initialisation for one arrival.
std::set<std::string> withBarrier(std::function<void(char *)> body) {
  return findingsOf(launchOf(32, 64), [&](int thread) {
    if (thread != 0)
      return;
    flm_emu_mbarrier_init(sharedByte(0), 1, "init");
    body(sharedByte(0));
  });
}

TEST(MBarrierTest, ReportsInitialisationsThatAreUndefined) {
  EXPECT_THAT(withBarrier([](char *barrier) {
                flm_emu_mbarrier_init(barrier, 1, "again");
              }),
              hasFinding("again: initialises the mbarrier 'init' again, which "
                         "nobody has invalidated"));
  for (int count : {0, -1, 1 << 20})
    EXPECT_THAT(withBarrier([&](char *barrier) {
                  flm_emu_mbarrier_init(barrier + 8, count, "count");
                }),
                hasFinding("count: initialises an mbarrier for "));
  EXPECT_THAT(withBarrier([](char *barrier) {
                flm_emu_mbarrier_init(barrier + 12, 1, "place");
              }),
              hasFinding("place: access to shared memory is not aligned to 8 "
                         "bytes"));
}

TEST(MBarrierTest, ReportsOrdinaryAccesses) {
  EXPECT_THAT(withBarrier([](char *barrier) {
                flm_emu_check_shared(barrier + 4, 4, 4, /*write=*/0, "load");
              }),
              hasFinding("load: reads the mbarrier 'init'"));
  EXPECT_THAT(withBarrier([](char *barrier) {
                flm_emu_check_shared(barrier, 16, 16, /*write=*/1, "store");
              }),
              hasFinding("store: writes over the mbarrier 'init'"));
}

TEST(MBarrierTest, CountsArrivals) {
  runBlock(32, 64, [](int thread) {
    if (thread != 0)
      return;
    flm_emu_mbarrier_init(sharedByte(0), 5, "init");
    flm_emu_mbarrier_arrive(sharedByte(0), 3, "arrive");
    flm_emu_mbarrier_arrive(sharedByte(0), 2, "arrive");
    while (!flm_emu_mbarrier_try_wait(sharedByte(0), 0, "wait"))
      ;
  });
  for (int count : {0, -1, 1 << 20})
    EXPECT_THAT(withBarrier([&](char *barrier) {
                  flm_emu_mbarrier_arrive(barrier, count, "arrive");
                }),
                hasFinding("times at once; expected 1 to 1048575"));
  EXPECT_THAT(withBarrier([](char *barrier) {
                flm_emu_mbarrier_arrive(barrier, 2, "arrive");
              }),
              hasFinding("arrives once too often at the mbarrier 'init'"));
}

TEST(MBarrierTest, ReportsATransactionCountThatOverflows) {
  EXPECT_THAT(withBarrier([](char *barrier) {
                flm_emu_mbarrier_arrive_expect_tx(barrier, 1 << 20, "expect");
              }),
              hasFinding("expect: the tx-count of the mbarrier 'init' becomes "
                         "1048576; it holds 1048575 bytes either side of "
                         "zero"));
  EXPECT_THAT(withBarrier([](char *barrier) {
                flm_emu_mbarrier_arrive_expect_tx(barrier, -16, "expect");
              }),
              hasFinding("expect: expects -16 bytes"));
}

TEST(MBarrierTest, ReportsWaitsThatAreUndefined) {
  EXPECT_THAT(withBarrier([](char *barrier) {
                flm_emu_mbarrier_arrive(barrier, 1, "arrive");
                flm_emu_mbarrier_try_wait(barrier, 2, "wait");
              }),
              hasFinding("wait: waits for a phase of parity 2; expected 0 or "
                         "1"));
  // A block waits at its own barriers only.
  Launch two = launchOf(32, 64);
  two.blocks = two.cluster = 2;
  EXPECT_THAT(findingsOf(two,
                         [](int thread) {
                           if (thread != 0)
                             return;
                           flm_emu_mbarrier_init(sharedByte(0), 1, "init");
                           int other = 1 - flm_emu_cluster_rank("rank");
                           flm_emu_mbarrier_try_wait(
                               flm_emu_mapa(sharedByte(0), other, "map"), 1,
                               "wait");
                         }),
              hasFinding("wait: waits at an mbarrier that is not in the "
                         "block's own shared memory"));
}

TEST(MapaTest, ReportsAddressesAndRanksThatDoNotExist) {
  static char elsewhere[8];
  EXPECT_THAT(withBarrier([](char *) { flm_emu_mapa(elsewhere, 0, "map"); }),
              hasFinding("map: maps an address that is not in the block's own "
                         "shared memory"));
  EXPECT_THAT(
      withBarrier([](char *barrier) { flm_emu_mapa(barrier, 1, "map"); }),
      hasFinding("map: block 1 is not in the cluster"));
}

/// The threads of a block that a wait answers false to, on one schedule; the
/// phase completes when all have asked.
std::vector<int> whoGaveUp(uint64_t seed) {
  constexpr int waiting = 256;
  std::vector<int> gaveUp(waiting);
  int asked = 0;
  std::function<void(int)> body = [&](int thread) {
    if (thread == 0)
      flm_emu_mbarrier_init(sharedByte(0), 1, "init");
    flm_emu_barrier(0, 0, "begin");
    if (thread < waiting) {
      ++asked;
      while (!flm_emu_mbarrier_try_wait(sharedByte(0), 0, "wait"))
        gaveUp[thread] = 1;
      EXPECT_TRUE(flm_emu_mbarrier_try_wait(sharedByte(0), 0, "wait"));
    } else if (thread == waiting) {
      while (asked < waiting)
        flm_emu_warp_barrier(1, "let others run");
      flm_emu_mbarrier_arrive(sharedByte(0), 1, "arrive");
    }
  };
  Launch launch = launchOf(waiting + 32, 64);
  launch.kernel = [](void **arguments) {
    (*static_cast<std::function<void(int)> *>(arguments[0]))(
        flm_emu_thread_index("test"));
  };
  launch.arguments = {&body};
  EXPECT_THAT(run(launch, Options::forSeed(seed)).findings, IsEmpty());
  return gaveUp;
}

/// The hardware answers false to all threads of a warp, of a warpgroup, of a
/// block, or to one alone; never where the phase has completed.
TEST(TryWaitTest, GivesUpForGroupsOfEverySize) {
  std::set<int> sizes;
  for (uint64_t seed = 1; seed < 60; ++seed) {
    int longest = 0, length = 0;
    for (int answer : whoGaveUp(seed)) {
      length = answer ? length + 1 : 0;
      longest = std::max(longest, length);
    }
    for (int size : {1, 32, 128, 256})
      if (longest >= size)
        sizes.insert(size);
  }
  EXPECT_THAT(sizes, testing::ElementsAre(1, 32, 128, 256));
}

} // namespace
