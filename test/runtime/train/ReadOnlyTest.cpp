//===----------------------------------------------------------------------===//
// A look at a run, finished or not, leaves its files as they are.
//===----------------------------------------------------------------------===//
#include "test/runtime/train/RunFixture.h"

#include <filesystem>
#include <map>
#include <sys/stat.h>

using namespace flmtest;

namespace {

class ReadOnly : public RunFixture {
protected:
  /// Every file below `out`, with its contents and when it was changed.
  std::map<std::string, std::string> files() {
    std::map<std::string, std::string> found;
    for (const auto &entry :
         std::filesystem::recursive_directory_iterator(out)) {
      struct stat status;
      stat(entry.path().c_str(), &status);
      found[entry.path()] =
          std::to_string(status.st_mtim.tv_sec) + "." +
          std::to_string(status.st_mtim.tv_nsec) +
          (entry.is_regular_file() ? readFile(entry.path()) : "");
    }
    return found;
  }

  const std::vector<std::vector<std::string>> looks = {
      {"--steps", "0", "--generate", "a", "--generate-tokens", "3"},
      {"--steps", "0", "--val", val},
      {"--steps", "0", "--val", val, "--data", data, "--probe-every", "1"},
  };
};

TEST_F(ReadOnly, AFinishedRun) {
  ASSERT_EQ(runBinary(flags(out, {"--probe-every", "4"})).status, 0);
  // As a run that is alive has them.
  std::filesystem::create_directory(out + "/.tmp-step_00000013");
  writeFile(out + "/.tmp-step_00000013/model.safetensors", "half");
  const auto before = files();
  for (std::vector<std::string> look : looks) {
    look.insert(look.end(), {"--out", out, "--resume"});
    ProcessResult result = runBinary(look);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(files(), before) << look[2];
  }
}

TEST_F(ReadOnly, WhatIsFinishedIsNotLoggedAgain) {
  ASSERT_EQ(runBinary(flags(out, {"--probe-every", "4"})).status, 0);
  std::string log = readFile(out + "/metrics.jsonl");
  ASSERT_EQ(runBinary(flags(out, {"--resume"})).status, 0);
  EXPECT_EQ(readFile(out + "/metrics.jsonl"), log);
  ASSERT_EQ(runBinary({"--out", out, "--resume"}).status, 0);
  EXPECT_EQ(readFile(out + "/metrics.jsonl"), log);
}

TEST_F(ReadOnly, WhatIsMissingIsAdded) {
  ASSERT_EQ(runBinary(flags(out)).status, 0);
  std::string log = readFile(out + "/metrics.jsonl");
  size_t evaluation = log.rfind("{\"step\":12,\"val_loss\"");
  ASSERT_NE(evaluation, std::string::npos);
  // The end of the file is lost, within a line or between two.
  for (size_t cut : {evaluation, evaluation + 9}) {
    writeFile(out + "/metrics.jsonl", log.substr(0, cut));
    ASSERT_EQ(runBinary(flags(out, {"--resume"})).status, 0);
    EXPECT_EQ(readFile(out + "/metrics.jsonl"), log);
  }
}

} // namespace
