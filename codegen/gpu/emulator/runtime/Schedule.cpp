//===----------------------------------------------------------------------===//
// Random schedules.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Schedule.h"

#include <algorithm>

using namespace flm::emu;

namespace {

/// Each warp falls asleep at random, for a random number of sweeps.
class Sleepers : public Schedule {
public:
  Sleepers(int warps, Random &random) : random(random), sleep(warps) {
    // Warps begin in any order, too.
    for (int &left : sleep)
      left = random.below(40);
  }

  void beginSweep() override {
    for (int &left : sleep) {
      if (left > 0)
        --left;
      else if (random.oneIn(16))
        left = 1 + random.below(300);
    }
  }
  bool holds(int warp) override { return sleep[warp] > 0; }
  bool release() override {
    // In the order in which they would have woken.
    int *next = nullptr;
    for (int &left : sleep)
      if (left > 0 && (!next || left < *next))
        next = &left;
    if (!next)
      return false;
    *next = 0;
    return true;
  }

private:
  Random &random;
  std::vector<int> sleep;
};

/// One warp or warpgroup at a time stands still while all others run as far as
/// they can: what a missing barrier shows best.
class Victims : public Schedule {
public:
  Victims(int warps, Random &random) : random(random), warps(warps) {}

  void beginSweep() override {
    if (first < last) {
      if (--left <= 0)
        first = last = 0;
    } else if (--pause <= 0) {
      choose();
    }
  }
  bool holds(int warp) override { return warp >= first && warp < last; }
  bool release() override {
    if (first >= last)
      return false;
    first = last = 0;
    pause = 1 + random.below(6);
    return true;
  }

private:
  void choose() {
    constexpr int warpsPerGroup = 4;
    bool wholeGroup = warps >= warpsPerGroup && random.oneIn(2);
    first = random.below(warps);
    if (wholeGroup)
      first -= first % warpsPerGroup;
    last = std::min(warps, first + (wholeGroup ? warpsPerGroup : 1));
    left = random.oneIn(2) ? 60 : 100000;
  }

  Random &random;
  int warps;
  int first = 0, last = 0; ///< the victims
  int64_t left = 0, pause = 1;
};

} // namespace

std::unique_ptr<Schedule> Schedule::create(uint64_t seed, int warps,
                                           Random &random) {
  if (seed == 0)
    return std::make_unique<Schedule>();
  if (seed % 2)
    return std::make_unique<Sleepers>(warps, random);
  return std::make_unique<Victims>(warps, random);
}
