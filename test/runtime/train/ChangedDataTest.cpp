//===----------------------------------------------------------------------===//
// Data that change under a running process: what was trained is saved, the
// message says what happened, and nothing crashes.
//===----------------------------------------------------------------------===//
#include "test/runtime/train/RunFixture.h"

#include <filesystem>
#include <fstream>

using namespace flmtest;
using testing::HasSubstr;

namespace {

class ChangedData : public RunFixture {
protected:
  /// Trains for long and calls `change` once it has begun.
  ProcessResult change(const std::function<void()> &change) {
    RunningBinary run(flags(out, {"--steps", "1000000", "--log-every", "10",
                                  "--checkpoint-every", "0"}));
    EXPECT_TRUE(run.hasPrinted("step    10/"));
    change();
    return run.wait();
  }
  /// The run has ended with status 1 and saved what it had.
  void expectSaved(const ProcessResult &result, const std::string &message) {
    EXPECT_EQ(result.status, 1) << result.out.substr(result.out.size() / 2);
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_TRUE(exists(out + "/latest"));
    EXPECT_TRUE(exists(out + "/" + readFile(out + "/latest").substr(0, 13) +
                       "/model.safetensors"));
  }
  /// Fills a file of tokens in place.
  static void overwrite(const std::string &path, char byte) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(1024);
    for (int i = 0; i < 400; ++i)
      file.put(byte);
  }
};

TEST_F(ChangedData, CutShort) {
  expectSaved(change([&] { std::filesystem::resize_file(data, 1100); }),
              "'" + data +
                  "' was cut short while it was read: it had 3030 "
                  "bytes and has 1100 now");
}

TEST_F(ChangedData, EmptiedForEvaluation) {
  expectSaved(change([&] { std::filesystem::resize_file(val, 0); }),
              "'" + val + "' was cut short while it was read");
}

TEST_F(ChangedData, OverwrittenWithOtherTokens) {
  // 0x7878 is beyond the vocabulary: it would read outside the embedding.
  expectSaved(change([&] { overwrite(data, 'x'); }),
              "'" + data + "' was overwritten while it was read");
}

TEST_F(ChangedData, ReplacedOrRemoved) {
  for (bool isReplaced : {true, false}) {
    std::filesystem::remove_all(out);
    RunningBinary run(flags(out, {"--steps", "300", "--log-every", "10"}));
    EXPECT_TRUE(run.hasPrinted("step    10/"));
    writeFile(directory / "other", "other");
    if (isReplaced)
      std::filesystem::rename(directory / "other", data);
    else
      std::filesystem::remove(data);
    ProcessResult result = run.wait();
    EXPECT_EQ(result.status, 0) << result.err;
    writeTokens(data, 1003);
  }
}

} // namespace
