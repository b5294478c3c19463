//===----------------------------------------------------------------------===//
// What cannot be saved is not trained: it shows before the first step.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/CheckpointStore.h"
#include "test/runtime/device/AllMemory.h"
#include "test/runtime/train/RunFixture.h"

#include <filesystem>

using namespace flmrt;
using namespace flmtest;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

class Rehearsal : public RunFixture {};

TEST_F(Rehearsal, ANameOfAnyBytesIsSaved) {
  std::string strange = directory / "caf\xe9\xff.bin";
  std::filesystem::rename(data, strange);
  data = strange;
  ProcessResult result = runBinary(flags(out));
  ASSERT_EQ(result.status, 0) << result.err;
  std::string path = out + "/" + finalStep + "/manifest.json";
  EXPECT_EQ(CheckpointManifest::fromText(readFile(path), path).dataFile,
            "caf\uFFFD\uFFFD.bin");
  // Names do not say which run it is.
  EXPECT_EQ(runBinary(flags(out, {"--resume", "--steps", "14"})).status, 0);
}

TEST_F(Rehearsal, LeavesNothingBehind) {
  CheckpointStore store(out, 0);
  store.prepare();
  AllMemory memory;
  store.rehearse({}, {memory, {}, {}}, [](auto) {});
  EXPECT_TRUE(std::filesystem::is_empty(out));
}

/// Where the directory can be made, but no file in it.
TEST_F(Rehearsal, APathThatIsTooLong) {
  std::string deep = out;
  while (deep.size() <= 3850)
    deep += "/" + std::string(200, 'd');
  // PATH_MAX is 4096: room for the lock, and for the model, no more.
  deep += "/" + std::string(4055 - deep.size(), 'd');
  ProcessResult result = runBinary(flags(deep));
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("File name too long"));
  EXPECT_THAT(result.out, Not(HasSubstr("step     1/")));
}

TEST_F(Rehearsal, RoomForTwo) {
  EXPECT_EQ(describeSpace("run", 2000, 1000), "");
  EXPECT_THAT(describeSpace("run", 1999, 1000),
              AllOf(HasSubstr("the disk of run has 2.0 KiB left"),
                    HasSubstr("a checkpoint takes 1000 B")));
  EXPECT_NE(describeSpace("run", ~uint64_t(0), ~uint64_t(0)), "");
  AllMemory memory;
  CheckpointTensors tensors = {
      memory, {{"w", {5, 6}, 0}}, {{"m", {5, 6}, 0}, {"v", {5}, 0}}};
  EXPECT_EQ(bytesOf(tensors), 4u * (30 + 30 + 5));
  CheckpointStore store(out, 0);
  store.prepare();
  tensors.parameters[0].shape = {int64_t(1) << 50};
  std::string warning;
  store.rehearse({}, tensors, [&](auto text) { warning = text; });
  EXPECT_THAT(warning, HasSubstr("a checkpoint takes 4.0 PiB"));
}

} // namespace
