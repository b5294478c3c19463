//===----------------------------------------------------------------------===//
// What is not finite is not saved, not called good, and ends the run.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/CheckpointStore.h"
#include "runtime/checkpoint/FiniteCheck.h"
#include "runtime/checkpoint/MappedTensor.h"
#include "test/runtime/device/AllMemory.h"
#include "test/runtime/train/RunFixture.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace flmrt;
using namespace flmtest;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

/// Its second step's update overflows, while its loss is that before it.
const std::vector<std::string> diverges = {"--lr", "1e39",       "--min-lr",
                                           "0",    "--schedule", "cosine"};

class NotFinite : public RunFixture {
protected:
  std::vector<int64_t> steps() { return CheckpointStore(out, 0).steps(); }
  std::vector<std::string> with(std::vector<std::string> more) {
    more.insert(more.end(), diverges.begin(), diverges.end());
    return flags(out, more);
  }
};

TEST_F(NotFinite, ParametersAreNotSaved) {
  std::string error = errorOfRun(
      with({"--checkpoint-every", "1", "--keep", "1", "--warmup", "1"}));
  EXPECT_THAT(error, AllOf(HasSubstr("error: the state after step 1 is not "
                                     "finite ('model.table.weight')"),
                           HasSubstr("no checkpoint has been written")));
  EXPECT_THAT(steps(), IsEmpty());
}

TEST_F(NotFinite, ParametersAreNotSavedAtTheEnd) {
  std::string error =
      errorOfRun({"--data", data, "--out", out, "--steps", "1", "--lr", "1e39",
                  "--warmup", "0", "--schedule", "constant"});
  EXPECT_THAT(error, HasSubstr("the state after step 1 is not finite"));
  EXPECT_THAT(steps(), IsEmpty());
}

TEST_F(NotFinite, KeepLeavesTheLastGoodOne) {
  ASSERT_EQ(runBinary(flags(out, {"--steps", "4"})).status, 0);
  ProcessResult result = runBinary(with(
      {"--steps", "20", "--checkpoint-every", "1", "--keep", "1", "--resume"}));
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("the last good checkpoint is " + out +
                                    "/step_00000004;"));
  EXPECT_THAT(steps(), ElementsAre(4));
  EXPECT_EQ(readFile(out + "/latest"), "step_00000004\n");
  EXPECT_EQ(runBinary(flags(out, {"--resume"})).status, 0);
}

TEST_F(NotFinite, AValidationLossEndsTheRun) {
  ProcessResult result =
      runBinary({"--data", data, "--val", val, "--out", out, "--steps", "1",
                 "--lr", "1e39", "--warmup", "0", "--schedule", "constant"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err,
              HasSubstr("the validation loss after step 1 is not finite"));
  EXPECT_THAT(result.out, Not(HasSubstr("val loss nan")));
  EXPECT_THAT(readFile(out + "/metrics.jsonl"), Not(HasSubstr("null")));
  EXPECT_THAT(steps(), IsEmpty());
}

/// One that an older version has saved is passed over.
TEST_F(NotFinite, ResumesFromTheOneBefore) {
  ASSERT_EQ(runBinary(flags(out, {"--checkpoint-every", "6"})).status, 0);
  std::vector<float> table(256 * 256), bias(256), gain(7, std::nanf(""));
  AllMemory memory;
  CheckpointTensors tensors = {memory, {}, {}};
  auto add = [&](const std::string &name, std::vector<int64_t> shape,
                 std::vector<float> &values) {
    tensors.parameters.push_back({name, shape, memory.offsetOf(values)});
    for (const char *moment : {"exp_avg.", "exp_avg_sq."})
      tensors.moments.push_back({moment + name, shape, memory.offsetOf(table)});
  };
  add("model.table.weight", {256, 256}, table);
  for (int layer = 0; layer < 3; ++layer)
    add("model.layers." + std::to_string(layer) + ".bias", {256}, bias);
  add("model.norm.weight", {7}, gain);
  std::string path = out + "/" + finalStep + "/manifest.json";
  CheckpointStore(out, 0).write(
      CheckpointManifest::fromText(readFile(path), path), tensors,
      wholeOnThisRank(memory));
  ProcessResult result = runBinary(flags(out, {"--resume"}));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("model.safetensors: holds values that are "
                                    "not finite"));
  EXPECT_THAT(result.out, HasSubstr("resumed from " + out + "/step_00000006"));
  std::string file = directory / "nan.st";
  writeSafetensors(file, tensors.parameters, wholeOnThisRank(memory));
  EXPECT_THAT(errorOfRun({"--data", data, "--init", file}),
              HasSubstr("tensor 'model.norm.weight' holds values"));
}

TEST_F(NotFinite, IsFoundWhereverItIs) {
  std::vector<float> values(10'000, std::numeric_limits<float>::max());
  auto count = static_cast<int64_t>(values.size());
  EXPECT_TRUE(areFinite(values.data(), count));
  EXPECT_TRUE(areFinite(nullptr, 0));
  for (size_t at : {0, 1, 4095, 4096, 9999})
    for (float bad : {std::nanf(""), -std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
      std::swap(values[at], bad);
      EXPECT_FALSE(areFinite(values.data(), count)) << at;
      EXPECT_TRUE(areFinite(values.data(), static_cast<int64_t>(at)));
      std::swap(values[at], bad);
    }
}

} // namespace
