//===----------------------------------------------------------------------===//
// Every small pipeline: slots x stages x chunks x micro-batches. Each compiles
// up to the `buffers` stage and computes what one rank does, to the bit, or is
// refused with the reason at the line that can be changed.
//===----------------------------------------------------------------------===//
#include "test/numerics/Program.h"
#include "test/numerics/ranks/RankPrograms.h"

#include <gtest/gtest.h>

#include <map>

using namespace flm;
using namespace flm::numerics;

namespace {

constexpr int64_t kLayers = 12;

/// A layer is one linear op, with ops and parameters before and after them all.
const char *const kSpec = R"(
flm.model @m
    dims [batch, seq, vocab, hidden, layers]
    (%tokens: [batch, seq] i32, %targets: [batch, seq] i32) {
  %table = param "table" : [vocab, hidden]
  %x = embedding %tokens, %table : [batch, seq] i32, [vocab, hidden]
  %y = loop over layers (%h = %x : [batch, seq, hidden]) {
    %w = param "w" : [hidden, hidden]
    %l = linear %h, %w : [batch, seq, hidden] -> [batch, seq, hidden]
    %s = silu_mul %l, %h : [batch, seq, hidden]
    yield %s : [batch, seq, hidden]
  }
  %g = param "g" : [hidden]
  %n = rms_norm %y, %g eps 0.01 : [batch, seq, hidden]
  %head = param "head" : [vocab, hidden]
  %logits = linear %n, %head : [batch, seq, hidden] -> [batch, seq, vocab]
  %loss = cross_entropy %logits, %targets : [batch, seq, vocab], [batch, seq] i32
  return %loss : [] f32
}
flm.config @c of @m {seq = 2, vocab = 5, hidden = 3, layers = 12}
flm.recipe @r {width = [hidden], base_width = 3}
)";

struct Pipeline {
  int64_t slots, dp, stages, chunks, microBatches;

  /// Accumulators of one rank.
  int64_t ownSlots() const { return slots ? slots / dp : 1; }
  /// What is wrong with it, as the error says; empty if nothing is.
  std::string fault() const;
  /// The recipe for this plan, and for one with a single data-parallel rank.
  std::vector<std::string> set() const;
  std::vector<std::string> setOnOneRank() const;
};

std::vector<std::string> Pipeline::set() const {
  std::vector<std::string> set = {"pipeline_chunks=" + std::to_string(chunks),
                                  "micro_batches=" +
                                      std::to_string(microBatches)};
  if (slots)
    set.push_back("reduction_slots=" + std::to_string(slots));
  return set;
}

std::vector<std::string> Pipeline::setOnOneRank() const {
  return {"reduction_slots=" + std::to_string(slots ? slots : dp),
          "micro_batches=" + std::to_string(microBatches * dp)};
}

std::string Pipeline::fault() const {
  if (slots && (slots % dp || (ownSlots() & (ownSlots() - 1))))
    return "each rank must have 1, 2, 4, ... of them";
  if (microBatches % ownSlots())
    return "do not spread evenly over";
  if (stages > 1 && kLayers % (stages * chunks))
    return "does not divide by pp";
  int64_t inOneSlot = microBatches / ownSlots();
  if (stages > 1 && chunks > 1 && inOneSlot > 1 && inOneSlot % stages)
    return "next micro_batches";
  return "";
}

/// The results and the state of one step.
struct Step {
  llvm::SmallVector<Tensor> results;
  State state;
};

Step stepOf(RankPrograms &programs) {
  Options options;
  options.roundResults = true;
  Step step;
  step.state = programs.randomState();
  int64_t count = programs.tokenCount("train_step");
  Tensor hyper({8}, {1e-2, 0.9, 0.95, 1e-8, 0.1, 0.5, 0.1, 0.05});
  step.results = programs.run(
      "train_step",
      {randomIndices({count}, 5, 1).data, randomIndices({count}, 5, 2).data},
      {hyper}, step.state, options);
  return step;
}

class Pipelines : public testing::Test {
protected:
  void check(const Pipeline &pipeline);
  /// What one rank computes with as many slots and micro-batches.
  const Step &onOneRank(const Pipeline &pipeline);

  std::map<std::pair<int64_t, int64_t>, Step> ofOneRank;
  int64_t valid = 0, refused = 0;
};

const Step &Pipelines::onOneRank(const Pipeline &pipeline) {
  auto [it, fresh] =
      ofOneRank.try_emplace({pipeline.slots ? pipeline.slots : pipeline.dp,
                             pipeline.microBatches * pipeline.dp});
  if (fresh) {
    Refusal refusal;
    auto one = RankPrograms::compile(
        kSpec, {"m", "c", "r", "grid() {}", pipeline.setOnOneRank()}, refusal);
    EXPECT_TRUE(one) << refusal.text;
    if (one)
      it->second = stepOf(*one);
  }
  return it->second;
}

void Pipelines::check(const Pipeline &pipeline) {
  std::string plan = "grid(dp = " + std::to_string(pipeline.dp) +
                     ", pp = " + std::to_string(pipeline.stages) +
                     ") {batch -> dp, layers -> pp}";
  SCOPED_TRACE(plan + " " + testing::PrintToString(pipeline.set()));
  Refusal refusal;
  auto programs = RankPrograms::compile(
      kSpec, {"m", "c", "r", plan, pipeline.set()}, refusal);
  std::string fault = pipeline.fault();
  if (!fault.empty()) {
    ++refused;
    ASSERT_FALSE(programs);
    EXPECT_TRUE(refusal.located) << refusal.text;
    EXPECT_NE(refusal.text.find(fault), std::string::npos) << refusal.text;
    return;
  }
  ++valid;
  ASSERT_TRUE(programs) << refusal.text;
  const Step &expected = onOneRank(pipeline);
  Step actual = stepOf(*programs);
  ASSERT_EQ(actual.results.size(), expected.results.size());
  for (auto [got, wanted] : llvm::zip(actual.results, expected.results))
    EXPECT_EQ(got.data, wanted.data);
  for (const auto &entry : expected.state)
    EXPECT_EQ(actual.state[entry.first()].data, entry.second.data)
        << entry.first().str();
}

} // namespace

TEST_F(Pipelines, AllOfThem) {
  for (int64_t dp : {1, 2})
    for (int64_t slots : {0, 1, 2, 3, 4, 6, 8})
      for (int64_t stages : {1, 2, 3, 4})
        for (int64_t chunks : {1, 2, 3})
          for (int64_t microBatches : {1, 2, 3, 4, 5, 6, 8}) {
            check({slots, dp, stages, chunks, microBatches});
            if (HasFailure())
              return;
          }
  EXPECT_GT(valid, 300);
  EXPECT_GT(refused, 800);
}
