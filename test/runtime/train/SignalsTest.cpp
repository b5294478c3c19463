//===----------------------------------------------------------------------===//
// Every signal that asks a run to stop saves it, from its first instruction on.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/CheckpointStore.h"
#include "test/runtime/train/RunFixture.h"

#include <csignal>
#include <cstring>
#include <filesystem>
#include <unistd.h>

using namespace flmrt;
using namespace flmtest;
using testing::HasSubstr;

namespace {

class Signals : public RunFixture {};

TEST_F(Signals, AllSave) {
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    std::filesystem::remove_all(out);
    ProcessResult result =
        runBinary(flags(out), "FAKE_SIGNAL=5:" + std::to_string(signal));
    EXPECT_EQ(result.status, 128 + signal) << result.err;
    EXPECT_THAT(result.out,
                HasSubstr(std::string("interrupted by SIG") +
                          sigabbrev_np(signal) + " after step 5; continue"));
    EXPECT_EQ(readFile(out + "/latest"), "step_00000005\n");
  }
}

TEST_F(Signals, NohupIsObeyed) {
  struct sigaction before;
  sigaction(SIGHUP, nullptr, &before);
  std::signal(SIGHUP, SIG_IGN); // inherited
  ProcessResult result =
      runBinary(flags(out), "FAKE_SIGNAL=5:" + std::to_string(SIGHUP));
  sigaction(SIGHUP, &before, nullptr);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(exists(out + "/" + finalStep));
}

/// At any moment of a run of some 50 ms: it stops within a step, and what there
/// is can be resumed.
TEST_F(Signals, AtAnyTime) {
  for (useconds_t wait = 0; wait <= 60'000; wait += 3'000) {
    std::filesystem::remove_all(out);
    int signal = wait % 2'000 ? SIGTERM : SIGUSR1;
    RunningBinary run(flags(out, {"--steps", "1000000", "--checkpoint-every",
                                  "3", "--log-every", "0"}));
    usleep(wait);
    run.signal(signal);
    ProcessResult result = run.wait();
    // Before main() there is no handler, and the signal itself is the status.
    EXPECT_TRUE(result.status == 128 + signal || result.status == -signal)
        << result.status << " after " << wait << " us: " << result.err;
    if (CheckpointStore(out, 0).steps().empty())
      continue;
    EXPECT_EQ(runBinary(flags(out, {"--resume", "--steps", "1"})).status, 0);
  }
}

} // namespace
