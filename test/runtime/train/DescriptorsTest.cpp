//===----------------------------------------------------------------------===//
// A process that is started without standard input, output or error prints
// into no file of its own.
//===----------------------------------------------------------------------===//
#include "test/runtime/train/RunFixture.h"

#include <filesystem>

using namespace flmtest;

namespace {

class Descriptors : public RunFixture {};

TEST_F(Descriptors, ThatAreClosedAreNoFilesOfTheRun) {
  std::string whole = directory / "whole";
  ASSERT_EQ(runBinary(flags(whole)).status, 0);
  const std::vector<std::vector<int>> cases = {{0}, {1}, {2}, {0, 1, 2}};
  for (const std::vector<int> &closed : cases) {
    std::filesystem::remove_all(out);
    EXPECT_EQ(RunningBinary(flags(out), "", 0, closed).wait().status, 0);
    EXPECT_EQ(finalBytes(out), finalBytes(whole));
    EXPECT_EQ(metrics(out), metrics(whole));
  }
}

} // namespace
