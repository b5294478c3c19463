//===----------------------------------------------------------------------===//
// A pipe in the place of a file is refused, never waited for.
//===----------------------------------------------------------------------===//
#include "test/runtime/train/RunFixture.h"

#include <filesystem>
#include <sys/stat.h>

using namespace flmtest;
using testing::HasSubstr;

namespace {

class Pipes : public RunFixture {
protected:
  std::string pipeAt(const std::string &path) {
    std::filesystem::remove_all(path);
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    return path;
  }
};

TEST_F(Pipes, AreNoFilesToRead) {
  std::string pipe = pipeAt(directory / "pipe");
  EXPECT_THAT(errorOfRun({"--data", pipe}), HasSubstr("not a regular file"));
  for (const char *flag : {"--val", "--init"})
    EXPECT_THAT(errorOfRun({"--steps", "1", "--data", data, flag, pipe}),
                HasSubstr("not a regular file"))
        << flag;
  EXPECT_THAT(
      errorOfRun({"--steps", "0", "--generate", "a", "--tokenizer", pipe}),
      HasSubstr("not a regular file"));
}

TEST_F(Pipes, AreNoFilesOfARun) {
  ASSERT_EQ(runBinary(flags(out)).status, 0);
  std::string step = out + "/" + finalStep + "/";
  for (const char *name :
       {"manifest.json", "optimizer.safetensors", "model.safetensors"}) {
    std::string bytes = readFile(step + name);
    pipeAt(step + name);
    ProcessResult result = runBinary(flags(out, {"--resume"}));
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, HasSubstr(step + name + " is not a regular file"));
    writeFile(step + name, bytes);
  }
}

TEST_F(Pipes, AreNoFilesToWrite) {
  std::filesystem::create_directory(out);
  pipeAt(out + "/.tmp-latest");
  ASSERT_EQ(runBinary(flags(out)).status, 0);
  std::filesystem::remove_all(out + "/" + finalStep);
  pipeAt(out + "/metrics.jsonl");
  EXPECT_THAT(errorOfRun(flags(out)), HasSubstr("not a regular file"));
}

} // namespace
