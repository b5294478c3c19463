//===----------------------------------------------------------------------===//
// Checkpoints on the disk: complete or not there, damage found, neighbours
// intact.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/CheckpointStore.h"
#include "runtime/checkpoint/MappedTensor.h"
#include "test/runtime/TestFiles.h"
#include "test/runtime/device/AllMemory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

using namespace flmrt;
using namespace flmtest;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class CheckpointStoreTest : public testing::Test {
protected:
  TemporaryDirectory directory;
  std::string out = directory / "run";
  std::vector<float> weight = std::vector<float>(30), m = weight, v = weight;
  AllMemory memory;
  CheckpointTensors tensors = {memory,
                               {{"w", {5, 6}, memory.offsetOf(weight)}},
                               {{"exp_avg.w", {5, 6}, memory.offsetOf(m)},
                                {"exp_avg_sq.w", {5, 6}, memory.offsetOf(v)}}};
  CheckpointManifest run;
  std::vector<std::string> warnings;

  CheckpointStoreTest() {
    run.model = "m";
    run.config = "c";
    run.seed = ~uint64_t(0);
    run.dataFile = "d.bin";
    run.dataTokens = 100;
    run.shuffle = "none";
    run.batch = 4;
    run.seq = 8;
    run.recipe = {{"lr", 0.1}};
  }

  void write(CheckpointStore &store, int64_t step) {
    std::iota(weight.begin(), weight.end(), float(step));
    std::iota(m.begin(), m.end(), float(step) + 0.25f);
    std::iota(v.begin(), v.end(), float(step) + 0.5f);
    run.step = step;
    store.write(run, tensors, wholeOnThisRank(memory));
  }

  int64_t readStep(const CheckpointStore &store) {
    warnings.clear();
    std::fill(weight.begin(), weight.end(), -1.0f);
    int64_t step = store
                       .readLatest(run, tensors,
                                   [&](const std::string &text) {
                                     warnings.push_back(text);
                                   })
                       .step;
    EXPECT_EQ(weight[29], float(step) + 29);
    EXPECT_EQ(m[29], float(step) + 29.25f);
    EXPECT_EQ(v[29], float(step) + 29.5f);
    return step;
  }
};

TEST_F(CheckpointStoreTest, KeepsTheNewest) {
  CheckpointStore store(out, 2);
  store.prepare();
  for (int64_t step : {1, 2, 10, 100})
    write(store, step);
  EXPECT_THAT(store.steps(), ElementsAre(10, 100));
  EXPECT_EQ(readFile(out + "/latest"), "step_00000100\n");
  EXPECT_EQ(readStep(store), 100);
  EXPECT_TRUE(warnings.empty());
  // Nothing temporary is left.
  for (const auto &entry : std::filesystem::directory_iterator(out))
    EXPECT_NE(entry.path().filename().string()[0], '.') << entry.path();
}

TEST_F(CheckpointStoreTest, KeepsAllForZero) {
  CheckpointStore store(out, 0);
  store.prepare();
  for (int64_t step = 0; step < 5; ++step)
    write(store, step);
  EXPECT_EQ(store.steps().size(), 5u);
}

TEST_F(CheckpointStoreTest, FallsBackWhenAnyByteIsDamaged) {
  CheckpointStore store(out, 0);
  store.prepare();
  write(store, 3);
  write(store, 7);
  for (const char *name :
       {"model.safetensors", "optimizer.safetensors", "manifest.json"}) {
    std::string path = store.directoryOf(7) + "/" + name;
    const std::string good = readFile(path);
    for (size_t at = 0; at + 1 < good.size(); at += 13) {
      std::string bad = good;
      bad[at] ^= 4;
      writeFile(path, bad);
      EXPECT_EQ(readStep(store), 3) << name << " at byte " << at;
      EXPECT_THAT(warnings, ElementsAre(HasSubstr(path)));
    }
    writeFile(path, good.substr(0, good.size() / 2));
    EXPECT_EQ(readStep(store), 3);
    std::filesystem::remove(path);
    EXPECT_EQ(readStep(store), 3);
    EXPECT_THAT(warnings,
                ElementsAre(AllOf(HasSubstr("cannot open"), HasSubstr(path))));
    writeFile(path, good);
    EXPECT_EQ(readStep(store), 7);
  }
  writeFile(store.directoryOf(3) + "/manifest.json", "");
  writeFile(store.directoryOf(7) + "/manifest.json", "{}");
  EXPECT_THAT(errorOf([&] { readStep(store); }),
              HasSubstr("none of the 2 checkpoints in " + out + " is intact"));
}

TEST_F(CheckpointStoreTest, ReplacesADamagedOneThatItReachesAgain) {
  CheckpointStore store(out, 0);
  store.prepare();
  write(store, 7);
  writeFile(store.directoryOf(7) + "/model.safetensors", "");
  write(store, 7);
  EXPECT_EQ(readStep(store), 7);
}

TEST_F(CheckpointStoreTest, KeepOneNeverRemovesTheOneJustWritten) {
  CheckpointStore store(out, 1);
  store.prepare();
  write(store, 9);
  write(store, 5); // as after a damaged step 9
  EXPECT_THAT(store.steps(), ElementsAre(5, 9));
  write(store, 6);
  EXPECT_THAT(store.steps(), ElementsAre(6, 9));
}

TEST_F(CheckpointStoreTest, SaysWhatMakesItAnotherRun) {
  CheckpointStore store(out, 0);
  store.prepare();
  write(store, 1);
  auto errorWith = [&](auto member, auto value) {
    CheckpointManifest other = run;
    other.*member = value;
    return errorOf([&] { store.readLatest(other, tensors, [](auto) {}); });
  };
  EXPECT_THAT(errorWith(&CheckpointManifest::seed, 5u),
              HasSubstr("seed (--seed): 18446744073709551615 in the "
                        "checkpoint, 5 in this run"));
  EXPECT_THAT(errorWith(&CheckpointManifest::batch, 8), HasSubstr("batch (B"));
  EXPECT_THAT(errorWith(&CheckpointManifest::seq, 9), HasSubstr("seq (T"));
  EXPECT_THAT(errorWith(&CheckpointManifest::model, "x"), HasSubstr("model"));
  EXPECT_THAT(
      errorWith(&CheckpointManifest::shuffle, "windows"),
      HasSubstr("shuffle (--shuffle): none in the checkpoint, windows"));
  EXPECT_THAT(errorWith(&CheckpointManifest::dataTokens, 101),
              HasSubstr("(--data): 100 in the checkpoint, 101"));
  // Another learning rate or place of the data is no other run.
  EXPECT_EQ(errorWith(&CheckpointManifest::dataFile, "e.bin"), "");
  EXPECT_EQ(errorWith(&CheckpointManifest::recipe,
                      nlohmann::ordered_json{{"lr", 0.2}}),
            "");
}

TEST_F(CheckpointStoreTest, RefusesAnotherModelsTensors) {
  CheckpointStore store(out, 0);
  store.prepare();
  write(store, 1);
  tensors.moments[1].shape = {6, 5};
  weight[0] = 77;
  EXPECT_THAT(errorOf([&] { store.readLatest(run, tensors, [](auto) {}); }),
              AllOf(HasSubstr("optimizer.safetensors"),
                    HasSubstr("'exp_avg_sq.w' is F32 [5, 6]; expected F32 "
                              "[6, 5]")));
  EXPECT_EQ(weight[0], 77);
}

TEST_F(CheckpointStoreTest, RemovesWhatAKilledRunLeftBehind) {
  CheckpointStore store(out, 0);
  store.prepare();
  write(store, 1);
  std::filesystem::create_directory(out + "/.tmp-step_00000002");
  writeFile(out + "/.tmp-step_00000002/model.safetensors", "half");
  writeFile(out + "/.tmp-latest", "step_0");
  EXPECT_THAT(store.steps(), ElementsAre(1));
  store.prepare();
  EXPECT_FALSE(exists(out + "/.tmp-step_00000002"));
  EXPECT_FALSE(exists(out + "/.tmp-latest"));
  EXPECT_EQ(readStep(store), 1);
}

TEST_F(CheckpointStoreTest, SaysThatADirectoryCannotBeWritten) {
  writeFile(directory / "file", "");
  EXPECT_THAT(
      errorOf([&] { CheckpointStore(directory / "file/x", 1).prepare(); }),
      HasSubstr("cannot create the directory"));
  EXPECT_THAT(
      errorOf([&] {
        CheckpointStore("/proc/self", 1).rehearse(run, tensors, [](auto) {});
      }),
      HasSubstr("cannot create the directory /proc/self/.tmp-step_"));
  EXPECT_THAT(errorOf([&] { readStep(CheckpointStore(out, 1)); }),
              HasSubstr("no checkpoint in " + out));
}

} // namespace
