//===----------------------------------------------------------------------===//
// After a crash at any moment, a resumed run has its `latest` and its --keep.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/CheckpointStore.h"
#include "test/runtime/train/RunFixture.h"

#include <filesystem>

using namespace flmrt;
using namespace flmtest;
using testing::ElementsAre;

namespace {

class Settle : public RunFixture {
protected:
  std::vector<std::string> more = {"--checkpoint-every", "4", "--keep", "2"};

  void SetUp() override {
    RunFixture::SetUp();
    std::vector<std::string> all = {"--checkpoint-every", "4", "--keep", "0"};
    ASSERT_EQ(runBinary(flags(out, all)).status, 0);
    more.push_back("--resume");
  }
  std::vector<int64_t> steps() { return CheckpointStore(out, 0).steps(); }
};

TEST_F(Settle, AFinishedRunThatDiedBeforeLatest) {
  for (const char *text : {"step_00000008\n", "step_0000", ""}) {
    writeFile(out + "/latest", text);
    ASSERT_EQ(runBinary(flags(out, more)).status, 0);
    EXPECT_EQ(readFile(out + "/latest"), "step_00000012\n");
    EXPECT_THAT(steps(), ElementsAre(8, 12));
  }
  std::filesystem::remove(out + "/latest");
  ASSERT_EQ(runBinary(flags(out, more)).status, 0);
  EXPECT_EQ(readFile(out + "/latest"), "step_00000012\n");
}

TEST_F(Settle, NamesTheNewestThatIsIntact) {
  writeFile(out + "/step_00000012/model.safetensors", "");
  more.insert(more.end(), {"--steps", "8"});
  ProcessResult result = runBinary(flags(out, more));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(readFile(out + "/latest"), "step_00000008\n");
  // Never counts the damaged one as one of the two.
  EXPECT_THAT(steps(), ElementsAre(4, 8, 12));
}

TEST_F(Settle, ChangesNothingThatIsRight) {
  ASSERT_EQ(runBinary(flags(out, more)).status, 0);
  auto when = std::filesystem::last_write_time(out + "/latest");
  ASSERT_EQ(runBinary(flags(out, more)).status, 0);
  EXPECT_EQ(std::filesystem::last_write_time(out + "/latest"), when);
}

} // namespace
