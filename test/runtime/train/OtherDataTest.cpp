//===----------------------------------------------------------------------===//
// A run goes on with the data that it began with, or not at all.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/CheckpointManifest.h"
#include "test/runtime/train/RunFixture.h"

#include <filesystem>

using namespace flmrt;
using namespace flmtest;
using testing::HasSubstr;

namespace {

class OtherData : public RunFixture {
protected:
  std::vector<std::string> more = {"--resume", "--steps", "14"};

  void SetUp() override {
    RunFixture::SetUp();
    ASSERT_EQ(runBinary(flags(out)).status, 0);
  }
  void swapTwoTokens(size_t at) {
    std::string bytes = readFile(data);
    std::swap(bytes[1024 + 2 * at], bytes[1024 + 2 * at + 2]);
    writeFile(data, bytes);
  }
};

TEST_F(OtherData, OfTheSameLengthIsRefused) {
  swapTwoTokens(500);
  EXPECT_THAT(errorOfRun(flags(out, more)),
              HasSubstr("fingerprint of the data file (--data): "));
  swapTwoTokens(500);
  EXPECT_EQ(runBinary(flags(out, more)).status, 0);
}

TEST_F(OtherData, UnderAnotherNameIsTheSame) {
  std::filesystem::rename(data, directory / "moved.bin");
  data = directory / "moved.bin";
  EXPECT_EQ(runBinary(flags(out, more)).status, 0);
}

TEST_F(OtherData, OfAnOlderCheckpointIsNotKnown) {
  std::string path = out + "/" + finalStep + "/manifest.json";
  CheckpointManifest manifest =
      CheckpointManifest::fromText(readFile(path), path);
  EXPECT_EQ(manifest.dataFingerprint.size(), 16u);
  manifest.dataFingerprint = "";
  writeFile(path, manifest.toText());
  swapTwoTokens(500);
  EXPECT_EQ(runBinary(flags(out, more)).status, 0);
}

} // namespace
