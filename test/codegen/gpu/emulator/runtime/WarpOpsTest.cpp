//===----------------------------------------------------------------------===//
// Instructions that lanes of a warp execute together.
//===----------------------------------------------------------------------===//
#include "test/codegen/gpu/emulator/EmulatedBlock.h"

#include <cmath>

using namespace flm::emu;
using testing::IsEmpty;

namespace {

constexpr int32_t everyLane = -1;
enum Kind { Butterfly, Up, Down, Index };

/// The lane that each lane reads, in parts of `width` lanes as CUDA's
/// __shfl_sync functions split a warp: (32 - width) << 8 and a clamp of 31, or
/// 0 for `Up`.
std::vector<int> sources(Kind kind, int offset, int width) {
  std::vector<int> read(32);
  int32_t maskAndClamp = (32 - width) << 8 | (kind == Up ? 0 : 31);
  runBlock(32, 0, [&](int lane) {
    read[lane] = flm_emu_shuffle_i32(kind, everyLane, lane, offset,
                                     maskAndClamp, "shuffle");
  });
  return read;
}

TEST(ShuffleTest, StaysInItsPartOfTheWarp) {
  for (int width : {4, 8, 32})
    for (int lane = 0; lane < 32; ++lane) {
      int first = lane / width * width, place = lane % width;
      EXPECT_EQ(sources(Down, 3, width)[lane],
                place + 3 < width ? lane + 3 : lane);
      EXPECT_EQ(sources(Up, 3, width)[lane], place >= 3 ? lane - 3 : lane);
      EXPECT_EQ(sources(Index, 5, width)[lane], first + 5 % width);
      EXPECT_EQ(sources(Butterfly, 2, width)[lane], lane ^ 2);
    }
}

TEST(ShuffleTest, KeepsItsValueBeyondTheClamp) {
  std::vector<int> read(32);
  runBlock(32, 0, [&](int lane) {
    read[lane] = flm_emu_shuffle_i32(Down, everyLane, lane, 4, 15, "shuffle");
  });
  EXPECT_EQ(read[11], 15);
  EXPECT_EQ(read[12], 12);
  EXPECT_EQ(read[20], 20);
}

/// Half a warp each, at the same time.
TEST(ShuffleTest, HalvesDoNotMeet) {
  std::vector<int> read(32);
  runBlock(32, 0, [&](int lane) {
    int32_t half = lane < 16 ? 0xffff : ~0xffff;
    for (int i = 0; i <= (lane < 16); ++i)
      read[lane] = flm_emu_shuffle_i32(Butterfly, half, lane, 1, 31, "shuffle");
  });
  for (int lane = 0; lane < 32; ++lane)
    EXPECT_EQ(read[lane], lane ^ 1);
}

TEST(ShuffleTest, ReportsUndefinedUses) {
  auto shuffle = [](int32_t mask, int32_t offset, int32_t clamp) {
    return findingsOf(launchOf(32), [=](int lane) {
      if (mask >> lane & 1)
        flm_emu_shuffle_i32(Down, mask, lane, offset, clamp, "shuffle");
    });
  };
  EXPECT_THAT(shuffle(0xff, 4, 31),
              hasFinding("shuffle: reads from lane 8, which is not in the "
                         "mask"));
  EXPECT_THAT(shuffle(0xff, 4, 7), IsEmpty());
  EXPECT_THAT(shuffle(everyLane, 1, 63),
              hasFinding("shuffle: has bits beside the clamp"));
}

TEST(MeetingTest, ReportsLanesThatDoNotAgree) {
  // A lane outside of its mask, another mask, another op, lanes that never
  // come.
  EXPECT_THAT(findingsOf(launchOf(32),
                         [](int) { flm_emu_warp_barrier(0xffff, "meet"); }),
              hasFinding("meet: the lane is not in its own mask"));
  EXPECT_THAT(findingsOf(launchOf(32),
                         [](int lane) {
                           flm_emu_warp_barrier(lane == 7 ? 0xff : -1, "meet");
                         }),
              hasFinding("meet: names other lanes than meet, which waits for "
                         "this lane"));
  EXPECT_THAT(findingsOf(launchOf(32),
                         [](int lane) {
                           if (lane == 9)
                             flm_emu_elect(everyLane, "elect");
                           else
                             flm_emu_warp_barrier(everyLane, "meet");
                         }),
              hasFinding("elect: lanes of the warp are at another op, meet"));
  EXPECT_THAT(findingsOf(launchOf(32),
                         [](int lane) {
                           if (lane != 3)
                             flm_emu_warp_barrier(everyLane, "meet");
                         }),
              hasFinding("meet: deadlock"));
}

/// `.aligned`: not even at another ldmatrix.
TEST(MeetingTest, AlignedOpsAreOneInstruction) {
  EXPECT_THAT(findingsOf(launchOf(32, 512),
                         [](int lane) {
                           int32_t result[4];
                           flm_emu_load_matrix(sharedByte(16 * lane), 4, 0,
                                               result,
                                               lane < 16 ? "left" : "right");
                         }),
              hasFinding("right: lanes of the warp are at another op, left"));
}

TEST(ElectTest, ElectsOneLaneOfTheMaskEveryTime) {
  std::set<int> leaders;
  int elections = 0;
  for (int32_t mask : {everyLane, 0x0ff0, 0x8000})
    runBlock(32, 0, [&](int lane) {
      if (!(mask >> lane & 1))
        return;
      bool elected = flm_emu_elect(mask, "elect");
      EXPECT_EQ(flm_emu_elect(mask, "elect") != 0, elected);
      elections += elected;
      if (elected)
        leaders.insert(lane);
    });
  EXPECT_EQ(elections, 3 * 10); // schedules
  // Not always the first lane of the mask.
  EXPECT_GT(leaders.size(), 3u);
}

TEST(ApproximateTest, FlushesSubnormalNumbers) {
  EXPECT_EQ(flm_emu_exp2(-130), 0);
  EXPECT_GT(flm_emu_exp2(-126), 0);
  EXPECT_EQ(flm_emu_reciprocal(0x1p127f), 0);
  EXPECT_EQ(flm_emu_reciprocal(0x1p-130f), INFINITY);
  EXPECT_EQ(flm_emu_rsqrt(0x1p-130f), INFINITY);
  EXPECT_EQ(flm_emu_log2(0x1p-130f), -INFINITY);
}

//===----------------------------------------------------------------------===//
// setmaxnreg: 384 threads begin with 168 registers each.
//===----------------------------------------------------------------------===//

TEST(RegistersTest, HandsOutWhatOthersReturned) {
  auto change = [](int producer, int consumer, int threads) {
    return findingsOf(launchOf(threads), [=](int thread) {
      if (thread < 128)
        flm_emu_set_registers(producer, /*increase=*/0, "fewer");
      else
        flm_emu_set_registers(consumer, /*increase=*/1, "more");
    });
  };
  EXPECT_THAT(change(24, 240, 384), IsEmpty());
  EXPECT_THAT(change(40, 240, 384), hasFinding("more: deadlock"));
  EXPECT_THAT(change(176, 168, 384),
              hasFinding("fewer: decreases the registers from 168 to 176"));
}

TEST(RegistersTest, ReportsAWarpThatDoesNotTakePart) {
  EXPECT_THAT(findingsOf(launchOf(128),
                         [](int thread) {
                           if (thread < 96)
                             flm_emu_set_registers(24, 0, "fewer");
                         }),
              hasFinding("return: warp 3 has executed setmaxnreg 0 times, the "
                         "first of its warpgroup 1 times"));
}

} // namespace
