//===----------------------------------------------------------------------===//
// Random models under random plans: N ranks compute what one does, or the plan
// is refused for a reason that the user can do something about.
//===----------------------------------------------------------------------===//
#include "test/numerics/Program.h"
#include "test/numerics/random/ModelWriter.h"
#include "test/numerics/random/Seeds.h"
#include "test/numerics/ranks/RankPrograms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

using namespace flm::numerics;
using flm::reference::State;
using flm::reference::Tensor;

namespace {

/// A grid of two or three axes, and a random choice of what goes to each.
struct RandomPlan {
  explicit RandomPlan(Dice &dice) {
    int64_t pp = dice.percent(35) ? dice.between(2, 3) : 1,
            tp = dice.percent(60) ? dice.between(2, 3) : 1;
    dp = dice.percent(60) ? dice.between(2, 3) : 1;
    std::vector<std::string> axes = {"dp = " + std::to_string(dp),
                                     "tp = " + std::to_string(tp),
                                     "pp = " + std::to_string(pp)};
    std::rotate(axes.begin(), axes.begin() + dice.below(3), axes.end());
    std::vector<std::string> entries = {"batch -> dp"};
    if (pp > 1)
      entries.push_back("layers -> pp");
    if (dice.percent(50))
      entries.push_back("optimizer -> dp");
    for (const char *dim : {"heads", "ffn", "padded_vocab", "hidden", "seq"})
      if (dice.percent(50))
        entries.push_back(std::string(dim) + " -> tp");
    for (size_t i = entries.size(); i > 1; --i)
      std::swap(entries[i - 1], entries[dice.below(static_cast<int64_t>(i))]);
    text = "grid(" + axes[0] + ", " + axes[1] + ", " + axes[2] + ") {";
    for (const std::string &entry : entries)
      text += (&entry == &entries.front() ? "" : ", ") + entry;
    text += "}";
  }
  std::string text;
  int64_t dp = 1;
};

/// The results and the state of a step.
struct Step {
  llvm::SmallVector<Tensor> results;
  State state;
};

Step stepOf(RankPrograms &programs, const RandomModel &model, uint64_t seed) {
  Step step;
  step.state = programs.randomState(seed);
  int64_t count = programs.tokenCount("train_step");
  Tensor hyper({8}, {1e-2, 0.9, 0.95, 1e-2, 0.1, 1.0, 0.1, 0.05});
  step.results =
      programs.run("train_step",
                   {randomIndices({count}, model.vocab, 2 * seed).data,
                    randomIndices({count}, model.vocab, 2 * seed + 1).data},
                   {hyper}, step.state, {});
  return step;
}

/// Sums are grouped in other ways, in double. Moments are compared with the
/// largest of their kind: a gradient may vanish but for rounding.
constexpr double kTolerance = 1e-9;

void expectSame(const Tensor &actual, const Tensor &expected, double scale,
                const std::string &what) {
  ASSERT_EQ(actual.data.size(), expected.data.size()) << what;
  for (int64_t i = 0; i < actual.size(); ++i)
    ASSERT_TRUE(std::fabs(actual.data[i] - expected.data[i]) <=
                kTolerance * scale)
        << what << " #" << i << ": " << actual.data[i] << ", expected "
        << expected.data[i];
}

void expectSame(Step &actual, const Step &expected) {
  ASSERT_EQ(actual.results.size(), expected.results.size());
  for (auto [got, wanted] : llvm::zip(actual.results, expected.results))
    expectSame(got, wanted, 1 + std::fabs(wanted.data.front()), "a result");
  std::map<std::string, double> scales;
  auto kindOf = [](llvm::StringRef name) {
    return name.starts_with("exp_avg_sq.") ? std::string("exp_avg_sq.")
           : name.starts_with("exp_avg.")  ? std::string("exp_avg.")
                                           : name.str();
  };
  for (const auto &entry : expected.state)
    for (double x : entry.second.data) {
      double &scale = scales[kindOf(entry.first())];
      scale = std::max(scale, std::fabs(x));
    }
  for (const auto &entry : expected.state)
    expectSame(actual.state[entry.first()], entry.second,
               scales[kindOf(entry.first())], entry.first().str());
}

/// What a plan may be refused for.
const char *const kReasons[] = {
    "does not divide",
    "each rank must have 1, 2, 4, ... of them",
    "next micro_batches",
    "is used before and after the layers",
    "may only meet in scalars",
    "carry it through the layers, or give each of them its own",
};

} // namespace

TEST(RandomModels, RanksEqualOne) {
  int64_t valid = 0, refused = 0;
  forEachSeed(100, [&](const RandomModel &model, uint64_t seed) {
    Dice dice(seed + 1000000);
    RandomPlan plan(dice);
    SCOPED_TRACE(plan.text);
    Refusal refusal;
    auto many = RankPrograms::compile(model.spec,
                                      {"m", "c", "r", plan.text, {}}, refusal);
    if (!many) {
      ++refused;
      EXPECT_TRUE(refusal.located) << refusal.text;
      EXPECT_TRUE(llvm::any_of(kReasons, [&](const char *reason) {
        return refusal.text.find(reason) != std::string::npos;
      })) << refusal.text;
      return;
    }
    ++valid;
    auto one = RankPrograms::compile(
        model.spec,
        {"m",
         "c",
         "r",
         "grid() {}",
         {"micro_batches=" + std::to_string(model.microBatches * plan.dp)}},
        refusal);
    ASSERT_TRUE(one) << refusal.text;
    Step expected = stepOf(*one, model, seed),
         actual = stepOf(*many, model, seed);
    expectSame(actual, expected);
  });
  EXPECT_GE(valid, refused / 2);
}
