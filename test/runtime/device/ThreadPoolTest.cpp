//===----------------------------------------------------------------------===//
// The pool runs every task once, whatever the number of threads.
//===----------------------------------------------------------------------===//
#include "runtime/device/ThreadPool.h"
#include "test/runtime/TestFiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <numeric>

using namespace flmrt;
using flmtest::errorOf;

namespace {

/// A task that only comes out right if it runs exactly once: each slot gets a
/// function of what it held.
void advance(void *const *args, int64_t task, void *) {
  auto *values = static_cast<uint64_t *>(args[0]);
  values[task] = values[task] * 6364136223846793005u + uint64_t(task) + 1;
}

std::vector<uint64_t> manyRegions(int threads) {
  ThreadPool pool(threads, 0);
  EXPECT_EQ(pool.threads(), threads);
  std::vector<uint64_t> values(97, 1);
  void *args[] = {values.data()};
  for (int region = 0; region < 20000; ++region)
    flm_parallel_for(advance, args, 1 + region % 97);
  return values;
}

TEST(ThreadPool, RunsEveryTaskOnceForAnyNumberOfThreads) {
  std::vector<uint64_t> expected = manyRegions(1);
  // More threads than cores, so that sleeping and waking happen too.
  for (int threads : {2, 3, 8})
    EXPECT_EQ(manyRegions(threads), expected) << threads << " threads";
}

TEST(ThreadPool, WakesWorkersThatFellAsleep) {
  ThreadPool pool(4, 0);
  std::vector<uint64_t> values(64, 1), expected(64, 1);
  void *args[] = {values.data()}, *reference[] = {expected.data()};
  for (int region = 0; region < 20; ++region) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    pool.run(advance, args, 64);
    for (int64_t task = 0; task < 64; ++task)
      advance(reference, task, nullptr);
  }
  EXPECT_EQ(values, expected);
}

TEST(ThreadPool, ReallyRunsTasksAtTheSameTime) {
  // Two threads spin between regions here, and sixteen sleep.
  for (int threads : {2, 16}) {
    ThreadPool pool(threads, 0);
    // Each task waits until all have begun.
    std::atomic<int> begun{0};
    pool.forEach(threads, [&](int64_t) {
      ++begun;
      while (begun < threads)
        std::this_thread::yield();
    });
    EXPECT_EQ(begun, threads);
  }
}

TEST(ThreadPool, GivesEachThreadItsOwnAlignedWorkspace) {
  constexpr int64_t bytes = 1000; // not a multiple of 64
  ThreadPool pool(4, bytes);
  std::atomic<int> mixed{0};
  void *args[] = {&mixed};
  for (int region = 0; region < 50; ++region)
    pool.run(
        [](void *const *args, int64_t task, void *workspace) {
          auto &mixed = *static_cast<std::atomic<int> *>(args[0]);
          if (reinterpret_cast<uintptr_t>(workspace) % 64 != 0)
            ++mixed;
          auto *first = static_cast<unsigned char *>(workspace);
          std::memset(first, int(task % 251), bytes);
          std::this_thread::yield();
          for (int64_t i = 0; i < bytes; ++i)
            if (first[i] != task % 251)
              ++mixed;
        },
        args, 40);
  EXPECT_EQ(mixed, 0);
}

TEST(ThreadPool, AcceptsNoTasksAndOneTask) {
  ThreadPool pool(2, 64);
  std::vector<uint64_t> values(1, 1);
  void *args[] = {values.data()};
  pool.run(advance, args, 0);
  EXPECT_EQ(values[0], 1u);
  pool.run(advance, args, 1);
  EXPECT_EQ(values[0], 6364136223846793005u + 1);
}

TEST(ThreadPool, RefusesImpossibleThreadCounts) {
  EXPECT_THAT(errorOf([] { ThreadPool(0, 0); }),
              testing::HasSubstr("--threads is 0; expected 1 to 4096"));
}

TEST(Arena, IsAlignedZeroedAndWritable) {
  Arena arena(5'000'001, "test");
  EXPECT_EQ(arena.size(), 5'000'001);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(arena.data()) % Arena::alignment, 0u);
  EXPECT_EQ(std::accumulate(reinterpret_cast<unsigned char *>(arena.data()),
                            reinterpret_cast<unsigned char *>(arena.data()) +
                                arena.size(),
                            uint64_t(0)),
            0u);
  std::memset(arena.data(), 1, 5'000'001);
  Arena moved = std::move(arena);
  EXPECT_EQ(moved.data()[5'000'000], std::byte(1));
  EXPECT_EQ(arena.data(), nullptr);
  EXPECT_EQ(Arena(0, "nothing").data(), nullptr);
}

TEST(Arena, SaysHowMuchItCouldNotGet) {
  EXPECT_THAT(errorOf([] { Arena(int64_t(1) << 60, "activations"); }),
              testing::AllOf(testing::HasSubstr("1024.0 PiB"),
                             testing::HasSubstr("for the activations")));
  EXPECT_THAT(errorOf([] { Arena(-1, "activations"); }),
              testing::HasSubstr("-1 bytes"));
}

} // namespace
