//===----------------------------------------------------------------------===//
// metrics.jsonl: digits kept, cut back on resume.
//===----------------------------------------------------------------------===//
#include "runtime/train/MetricsLog.h"
#include "runtime/train/Generation.h"
#include "test/runtime/TestFiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace flmrt;
using namespace flmtest;
using testing::HasSubstr;

namespace {

void logSteps(MetricsLog &log, int64_t first, int64_t last) {
  for (int64_t step = first; step <= last; ++step) {
    if (step % 2 == 1) {
      log.logEvaluation(step - 1, 0.5 * double(step));
      log.logProbes(step - 1, {{"h", 2}}, {1, float(step)});
    }
    log.logStep({step, float(step) / 3, 1, 0.1, 2, 3});
  }
}

TEST(MetricsLog, CutsBackToTheStepOfACheckpoint) {
  TemporaryDirectory directory;
  std::string whole = directory / "whole", resumed = directory / "resumed";
  {
    MetricsLog log(whole, 0);
    logSteps(log, 1, 9);
  }
  for (int64_t step = 0; step <= 9; ++step) {
    // A run that went on to step 9 and died within a line, resumed from `step`.
    writeFile(resumed, readFile(whole) + "{\"step\":10,\"lo");
    {
      MetricsLog log(resumed, step);
      logSteps(log, step + 1, 9);
    }
    EXPECT_EQ(readFile(resumed), readFile(whole)) << step;
  }
}

TEST(MetricsLog, KeepsAllDigits) {
  TemporaryDirectory directory;
  std::string path = directory / "metrics.jsonl";
  float loss = std::nextafter(5.545177f, 6.0f);
  MetricsLog(path, 0).logStep({1, loss, 0.1f, 1.0 / 3, 12.5, 1e6 / 3});
  nlohmann::json record = nlohmann::json::parse(readFile(path));
  EXPECT_EQ(record["loss"].get<float>(), loss);
  EXPECT_EQ(record["grad_norm"].get<float>(), 0.1f);
  EXPECT_EQ(record["lr"].get<double>(), 1.0 / 3);
  EXPECT_EQ(record["tokens_per_s"].get<double>(), 1e6 / 3);
}

TEST(MetricsLog, TouchesNothingButRegularFiles) {
  TemporaryDirectory directory;
  EXPECT_THAT(errorOf([&] { MetricsLog(directory / "", 0); }),
              HasSubstr("not a regular file"));
}

TEST(SampleToken, FollowsTheDistribution) {
  // Probabilities 1/2, 1/4, 1/8, 1/8.
  const float logits[] = {std::log(4.f), std::log(2.f), 0, 0, 1e9f};
  int counts[4] = {};
  for (int i = 0; i < 800; ++i)
    ++counts[sampleToken(logits, 4, 1.0, (i + 0.5) / 800)];
  EXPECT_THAT(counts, testing::ElementsAre(400, 200, 100, 100));
  // Half the temperature squares the odds: 16 : 4 : 1 : 1.
  int sharp[4] = {};
  for (int i = 0; i < 2200; ++i)
    ++sharp[sampleToken(logits, 4, 0.5, (i + 0.5) / 2200)];
  EXPECT_THAT(sharp, testing::ElementsAre(1600, 400, 100, 100));
  EXPECT_EQ(sampleToken(logits, 4, 0, 0.999), 0);
  const float broken[] = {1, std::nanf("")};
  EXPECT_THAT(errorOf([&] { sampleToken(broken, 2, 1, 0.5); }),
              HasSubstr("not a finite number"));
}

} // namespace
