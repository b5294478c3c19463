//===----------------------------------------------------------------------===//
// N ranks = one rank: whole training steps of Tele-FLM under a plan, against
// the same global batch on one rank.
//===----------------------------------------------------------------------===//
#include "test/numerics/Program.h"
#include "test/numerics/ranks/RankPrograms.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace flm;
using namespace flm::numerics;

namespace {

constexpr int64_t kVocab = 11;
constexpr int64_t kSteps = 3;

struct Case {
  const char *name, *plan;
  /// How many data-parallel ranks the plan has.
  int64_t dp = 1;
  /// Sizes and recipe beyond those of all cases.
  std::vector<std::string> set = {};
  /// Layouts that do not regroup any sum give the bits of one rank. For the
  /// others, relative differences in double precision are below this.
  double tolerance = 0;
  /// `reduction_slots` of both; 0 is one per data-parallel rank.
  int64_t slots = 0;
  /// What to compare with, one rank by default.
  const char *reference = "grid() {}";
  int64_t referenceDp = 1;
  /// Micro-batches come in multiples of this (interleaved schedules).
  int64_t multiple = 1;
};

void PrintTo(const Case &c, std::ostream *os) { *os << c.name; }

/// Both sides have as many micro-batches and accumulators in all.
std::vector<std::string> settings(const Case &c, int64_t dp,
                                  int64_t microBatches) {
  std::vector<std::string> set = {
      "seq=5",        "vocab=11",       "padded_vocab=13", "hidden=12",
      "heads=3",      "ffn=7",          "layers=2",        "micro_batch=2",
      "base_width=8", "input_mult=1.5", "weight_decay=0.1"};
  set.push_back("precision=" + std::string(c.tolerance ? "f64" : "f32"));
  set.push_back("micro_batches=" + std::to_string(c.dp * microBatches / dp));
  if (c.tolerance == 0)
    set.push_back("reduction_slots=" +
                  std::to_string(c.slots ? c.slots : c.dp));
  set.insert(set.end(), c.set.begin(), c.set.end());
  return set;
}

Tensor hyperOfStep(int64_t step) {
  double lr = 1e-2, beta1 = 0.9, beta2 = 0.95;
  std::vector<double> values = {lr,
                                beta1,
                                beta2,
                                1e-8,
                                0.1,
                                /*clip=*/0.5,
                                1 - std::pow(beta1, step),
                                1 - std::pow(beta2, step)};
  return Tensor({8}, std::move(values));
}

void expectSame(const Tensor &actual, const Tensor &expected, double tolerance,
                const std::string &what) {
  ASSERT_EQ(actual.data.size(), expected.data.size()) << what;
  double largest = 0;
  for (double x : expected.data)
    largest = std::max(largest, std::fabs(x));
  for (int64_t i = 0; i < actual.size(); ++i)
    ASSERT_TRUE(std::fabs(actual.data[i] - expected.data[i]) <=
                tolerance * largest)
        << what << " #" << i << ": " << actual.data[i] << ", expected "
        << expected.data[i];
}

class Plans : public testing::TestWithParam<Case> {
protected:
  std::vector<double> tokens(int64_t count, unsigned seed) {
    return randomIndices({count}, kVocab, seed).data;
  }
};

} // namespace

TEST_P(Plans, EqualOneRank) {
  const Case &c = GetParam();
  // Each accumulator gets as many micro-batches as the others.
  int64_t multiple = std::max({int64_t(1), c.slots / c.dp, c.multiple});
  for (int64_t microBatches : {multiple, 2 * multiple, 3 * multiple}) {
    SCOPED_TRACE(std::to_string(microBatches) + " micro-batches");
    RankPrograms one(c.reference, settings(c, c.referenceDp, microBatches)),
        many(c.plan, settings(c, c.dp, microBatches));
    Options options;
    options.roundResults = c.tolerance == 0;
    State expected = one.randomState(), actual = expected;
    auto expectSameResults = [&](llvm::StringRef program,
                                 llvm::ArrayRef<std::vector<double>> tokens,
                                 llvm::ArrayRef<Tensor> further) {
      auto wanted = one.run(program, tokens, further, expected, options);
      auto got = many.run(program, tokens, further, actual, options);
      ASSERT_EQ(got.size(), wanted.size());
      for (size_t i = 0; i < got.size(); ++i)
        expectSame(got[i], wanted[i], c.tolerance,
                   program.str() + " result #" + std::to_string(i));
    };

    ASSERT_EQ(many.tokenCount("train_step"), one.tokenCount("train_step"));
    for (int64_t step = 1; step <= kSteps; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      int64_t count = one.tokenCount("train_step");
      expectSameResults("train_step",
                        {tokens(count, 2 * step), tokens(count, 2 * step + 1)},
                        {hyperOfStep(step)});
      if (HasFatalFailure() || HasNonfatalFailure())
        return;
      for (auto &entry : expected)
        expectSame(actual[entry.first()], entry.second, c.tolerance,
                   entry.first().str());
      if (HasFatalFailure())
        return;
    }
    expectSameResults("predict", {tokens(one.tokenCount("predict"), 7)}, {});

    // One evaluation on all ranks reads several batches of one rank.
    std::vector<double> x = tokens(many.tokenCount("eval_step"), 8),
                        y = tokens(many.tokenCount("eval_step"), 9);
    auto share = static_cast<std::ptrdiff_t>(one.tokenCount("eval_step"));
    double mean = 0;
    for (size_t begin = 0; begin < x.size(); begin += share)
      mean += one.run("eval_step",
                      {{x.begin() + begin, x.begin() + begin + share},
                       {y.begin() + begin, y.begin() + begin + share}},
                      {}, expected, options)
                  .front()
                  .data[0] *
              share / x.size();
    expectSame(many.run("eval_step", {x, y}, {}, actual, options).front(),
               Tensor({}, mean), c.tolerance ? c.tolerance : 1e-6, "eval_step");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Grids, Plans,
    testing::Values(
        Case{"dp2", "grid(dp = 2) {batch -> dp}", 2},
        // One rank can not have three accumulators, so this is up to rounding,
        // and three ranks with two are compared with six with one.
        Case{"dp3", "grid(dp = 3) {batch -> dp}", 3, {}, 1e-12},
        Case{"dp6_as_dp3",
             "grid(dp = 6) {batch -> dp}",
             6,
             {},
             0,
             6,
             "grid(dp = 3) {batch -> dp}",
             3},
        Case{"dp2_four_slots",
             "grid(dp = 2) {batch -> dp, optimizer -> dp}",
             2,
             {"micro_batch=1"},
             0,
             4},
        Case{"dp4", "grid(dp = 4) {batch -> dp}", 4},
        Case{"dp2_zero", "grid(dp = 2) {batch -> dp, optimizer -> dp}", 2},
        Case{"dp6_zero_as_dp3",
             "grid(dp = 6) {batch -> dp, optimizer -> dp}",
             6,
             {},
             0,
             6,
             "grid(dp = 3) {batch -> dp}",
             3},
        Case{"dp2_zero_bf16",
             "grid(dp = 2) {batch -> dp, optimizer -> dp}",
             2,
             {"precision=bf16"}},
        Case{"tp2",
             "grid(tp = 2) {heads -> tp, ffn -> tp, vocab -> tp}",
             1,
             {"heads=2", "ffn=6", "padded_vocab=14"},
             1e-12},
        Case{"tp4",
             "grid(tp = 4) {heads -> tp, ffn -> tp, vocab -> tp}",
             1,
             {"heads=4", "hidden=24", "ffn=12", "padded_vocab=16"},
             1e-12},
        // Some ranks have nothing but padding.
        Case{"tp3_vocab_alone",
             "grid(tp = 3) {vocab -> tp}",
             1,
             {"padded_vocab=21"},
             1e-12},
        // Without heads to split, ropes are: positions of a rank begin later.
        Case{"tp3_seq_alone", "grid(tp = 3) {seq -> tp}", 1, {"seq=6"}, 1e-12},
        Case{"tp2_sp",
             "grid(tp = 2) {heads -> tp, ffn -> tp, vocab -> tp, seq -> tp}",
             1,
             {"heads=2", "ffn=6", "padded_vocab=14", "seq=6"},
             1e-12},
        Case{"dp2_tp2_sp_zero",
             "grid(dp = 2, tp = 2) {batch -> dp, heads -> tp, ffn -> tp, "
             "vocab -> tp, seq -> tp, optimizer -> dp}",
             2,
             {"heads=2", "ffn=6", "padded_vocab=14", "seq=6"},
             1e-12},
        // The other way round, ranks of one dp index are not neighbours.
        Case{"tp2_dp2_sp_zero",
             "grid(tp = 2, dp = 2) {batch -> dp, heads -> tp, ffn -> tp, "
             "vocab -> tp, seq -> tp, optimizer -> dp}",
             2,
             {"heads=2", "ffn=6", "padded_vocab=14", "seq=6"},
             1e-12},
        Case{"pp2", "grid(pp = 2) {layers -> pp}"},
        Case{"pp4", "grid(pp = 4) {layers -> pp}", 1, {"layers=4"}},
        Case{"pp2_bf16", "grid(pp = 2) {layers -> pp}", 1, {"precision=bf16"}},
        Case{"pp2_interleaved",
             "grid(pp = 2) {layers -> pp}",
             1,
             {"layers=4", "pipeline_chunks=2"},
             0,
             0,
             "grid() {}",
             1,
             2},
        Case{"pp3_interleaved",
             "grid(pp = 3) {layers -> pp}",
             1,
             {"layers=6", "pipeline_chunks=2"},
             0,
             0,
             "grid() {}",
             1,
             3},
        Case{"dp2_pp2_zero",
             "grid(dp = 2, pp = 2) {batch -> dp, layers -> pp, "
             "optimizer -> dp}",
             2},
        Case{"pp2_dp2_zero_bf16",
             "grid(pp = 2, dp = 2) {batch -> dp, layers -> pp, "
             "optimizer -> dp}",
             2,
             {"precision=bf16", "layers=4"}},
        Case{"dp2_pp2_interleaved_zero",
             "grid(dp = 2, pp = 2) {batch -> dp, layers -> pp, "
             "optimizer -> dp}",
             2,
             {"layers=4", "pipeline_chunks=2"},
             0,
             0,
             "grid() {}",
             1,
             2},
        Case{"dp2_pp2_tp2_sp_zero",
             "grid(dp = 2, pp = 2, tp = 2) {batch -> dp, heads -> tp, "
             "ffn -> tp, vocab -> tp, seq -> tp, layers -> pp, "
             "optimizer -> dp}",
             2,
             {"heads=2", "ffn=6", "padded_vocab=14", "seq=6"},
             1e-12}),
    [](const testing::TestParamInfo<Case> &info) { return info.param.name; });
