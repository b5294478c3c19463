//===----------------------------------------------------------------------===//
// Two runs never share a directory, and a run that was killed holds nothing.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/RunLock.h"
#include "test/runtime/train/RunFixture.h"

#include <csignal>

using namespace flmrt;
using namespace flmtest;
using testing::HasSubstr;

namespace {

class Lock : public RunFixture {
protected:
  std::vector<std::string> endless(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--steps", "1000000", "--log-every", "1",
                               "--checkpoint-every", "5"});
    return flags(out, more);
  }
};

TEST_F(Lock, ASecondRunIsRefused) {
  RunningBinary first(endless());
  ASSERT_TRUE(first.hasPrinted("checkpoint " + out + "/step_00000005"));
  std::string expected =
      out + " is in use by process " + std::to_string(first.id()) + ";";
  EXPECT_THAT(errorOfRun(endless({"--resume"})), HasSubstr(expected));
  // Looking on is allowed.
  ProcessResult look =
      runBinary({"--steps", "0", "--resume", "--out", out, "--generate", "a"});
  EXPECT_EQ(look.status, 0) << look.err;
  first.signal(SIGKILL);
  EXPECT_EQ(first.wait().status, -SIGKILL);
  RunningBinary next(endless({"--resume"}));
  EXPECT_TRUE(next.hasPrinted("checkpoint ")) << next.wait().err;
}

TEST_F(Lock, BeforeTheFirstCheckpoint) {
  RunningBinary first(flags(out, {"--steps", "1000000"}));
  ASSERT_TRUE(first.hasPrinted("step     1/"));
  std::string log = readFile(out + "/metrics.jsonl").substr(0, 40);
  EXPECT_THAT(errorOfRun(flags(out)), HasSubstr("is in use by process"));
  first.signal(SIGINT);
  ProcessResult result = first.wait();
  EXPECT_EQ(result.status, 130) << result.err;
  EXPECT_EQ(readFile(out + "/metrics.jsonl").substr(0, 40), log);
  EXPECT_EQ(runBinary(flags(out, {"--resume", "--steps", "1"})).status, 0);
}

TEST_F(Lock, SaysWhoHoldsIt) {
  writeFile(directory / "x", "");
  RunLock held(out);
  EXPECT_EQ(readFile(out + "/lock"), std::to_string(getpid()) + "\n");
  EXPECT_THAT(errorOf([&] { RunLock second(out); }),
              HasSubstr(out + " is in use by process " +
                        std::to_string(getpid()) + ";"));
  writeFile(directory / "x", "");
  EXPECT_THAT(errorOf([&] { RunLock beside(directory / "x"); }),
              HasSubstr("cannot create the directory"));
}

TEST_F(Lock, IsReleased) {
  {
    RunLock held(out);
  }
  RunLock again(out);
}

} // namespace
