//===----------------------------------------------------------------------===//
// A training binary of 12 steps, its data, and what it leaves behind.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_RUNTIME_TRAIN_RUNFIXTURE_H
#define FLM_TEST_RUNTIME_TRAIN_RUNFIXTURE_H

#include "test/runtime/TestFiles.h"

#include "nlohmann/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace flmtest {

constexpr const char *finalStep = "step_00000012";

class RunFixture : public testing::Test {
protected:
  TemporaryDirectory directory;
  std::string data = directory / "train.bin", val = directory / "val.bin";
  std::string out = directory / "out";

  void SetUp() override {
    writeTokens(data, 1003); // 100 windows of 10, not a multiple of B = 6
    writeTokens(val, 200);
  }

  /// Trains all 12 steps into `into`.
  std::vector<std::string> flags(const std::string &into,
                                 std::vector<std::string> more = {}) {
    std::vector<std::string> all = {"--data", data, "--val",        val,
                                    "--out",  into, "--eval-every", "4"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  std::string finalBytes(const std::string &from) {
    std::string folder = from + "/" + finalStep + "/";
    return readFile(folder + "model.safetensors") +
           readFile(folder + "optimizer.safetensors") +
           readFile(folder + "manifest.json");
  }

  /// Lines of metrics.jsonl without what the clock decides.
  std::vector<std::string> metrics(const std::string &from) {
    std::vector<std::string> lines;
    std::istringstream text(readFile(from + "/metrics.jsonl"));
    for (std::string line; std::getline(text, line);) {
      auto record = nlohmann::ordered_json::parse(line);
      record.erase("ms");
      record.erase("tokens_per_s");
      lines.push_back(record.dump());
    }
    return lines;
  }

  std::string errorOfRun(std::vector<std::string> arguments) {
    ProcessResult result = runBinary(arguments);
    EXPECT_EQ(result.status, 1) << result.out;
    EXPECT_THAT(result.err, testing::StartsWith("error: "));
    return result.err;
  }
};

} // namespace flmtest

#endif // FLM_TEST_RUNTIME_TRAIN_RUNFIXTURE_H
