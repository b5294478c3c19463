//===----------------------------------------------------------------------===//
// The whole of Tele-FLM, at sizes that divide nothing: the gradients that the
// training step hands to the optimizer against finite differences of the loss.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"
#include "test/numerics/gradient/FiniteDifferences.h"
#include "test/numerics/gradient/TrainPrograms.h"

#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace flm;
using namespace flm::numerics;
using reference::Options;
using reference::State;
using reference::Tensor;

constexpr int64_t kVocab = 11;
/// Finite differences of a loss near 5 are good to about 1e-8 here.
constexpr double kTolerance = 1e-6;

static TrainPrograms compileTeleFlm(std::vector<std::string> set = {}) {
  static const std::string spec =
      llvm::MemoryBuffer::getFile(FLM_SOURCE_DIR "/models/tele-flm.mlir")
          .get()
          ->getBuffer()
          .str();
  std::vector<std::string> sizes = {
      "seq=5",        "vocab=11",       "padded_vocab=13", "hidden=12",
      "heads=3",      "ffn=7",          "layers=2",        "micro_batch=2",
      "base_width=8", "input_mult=1.5", "precision=f64"};
  sizes.insert(sizes.end(), set.begin(), set.end());
  return TrainPrograms(spec, {"tiny", "quick", "single", sizes});
}

using Expected = std::map<std::string, std::vector<Derivative>>;

/// `samples` elements of each parameter, or all.
static Expected finiteDifferences(TrainPrograms &programs, const Batch &batch,
                                  State &state, int64_t samples = 0) {
  Expected expected;
  for (const std::string &name : programs.parameters())
    expected[name] = derivatives([&] { return programs.loss(batch, state); },
                                 state[name], samples);
  return expected;
}

static double worstError(const Gradients &gradients, const Expected &expected) {
  double worst = 0;
  for (auto &[name, derivatives] : expected)
    worst = std::max(worst, gradientError(gradients.at(name), derivatives));
  return worst;
}

TEST(TeleFlmGradient, EveryElement) {
  TrainPrograms programs = compileTeleFlm();
  State state = programs.randomState();
  Batch batch = programs.randomBatch(kVocab);
  double loss = 0;
  Gradients gradients = programs.gradients(batch, state, &loss);
  EXPECT_NEAR(loss, programs.loss(batch, state), 1e-14 * loss);
  ASSERT_EQ(gradients.size(), 12u);
  for (auto &[name, expected] : finiteDifferences(programs, batch, state)) {
    EXPECT_EQ(expected.size(), gradients[name].data.size());
    double error = gradientError(gradients[name], expected);
    EXPECT_LE(error, kTolerance) << name;
    RecordProperty(name, testing::PrintToString(error));
  }
}

TEST(TeleFlmGradient, MicroBatchesAreTheMeanOfTheirGradients) {
  TrainPrograms programs = compileTeleFlm({"micro_batches=3"});
  State state = programs.randomState();
  Batch batch = programs.randomBatch(kVocab);
  ASSERT_EQ(batch.tokens.size(), 3 * 2 * 5);
  double loss = 0;
  Gradients gradients = programs.gradients(batch, state, &loss);
  EXPECT_NEAR(loss, programs.loss(batch, state), 1e-14 * loss);
  Expected expected = finiteDifferences(programs, batch, state, 20);
  EXPECT_LE(worstError(gradients, expected), kTolerance);
}

TEST(TeleFlmGradient, SlotsOfMicroBatchesAreTheSameMean) {
  TrainPrograms plain = compileTeleFlm({"micro_batches=4"});
  State state = plain.randomState();
  Batch batch = plain.randomBatch(kVocab);
  double loss = 0;
  Gradients expected = plain.gradients(batch, state, &loss);
  for (std::string slots : {"reduction_slots=2", "reduction_slots=4"}) {
    TrainPrograms programs = compileTeleFlm({"micro_batches=4", slots});
    Batch same = programs.randomBatch(kVocab);
    ASSERT_EQ(same.tokens.data, batch.tokens.data);
    double slotLoss = 0;
    Gradients gradients = programs.gradients(same, state, &slotLoss);
    EXPECT_NEAR(slotLoss, loss, 1e-14 * loss);
    ASSERT_EQ(gradients.size(), expected.size());
    // Other orders of the same sums.
    for (auto &[name, gradient] : expected)
      for (int64_t i = 0; i < gradient.size(); ++i)
        EXPECT_NEAR(gradients[name].data[i], gradient.data[i], 1e-14)
            << slots << " " << name;
  }
}

TEST(TeleFlmGradient, OneLayerAndOneHead) {
  TrainPrograms programs = compileTeleFlm(
      {"layers=1", "heads=1", "hidden=2", "seq=1", "micro_batch=1", "ffn=1"});
  State state = programs.randomState();
  Batch batch = programs.randomBatch(kVocab);
  Expected expected = finiteDifferences(programs, batch, state);
  EXPECT_LE(worstError(programs.gradients(batch, state), expected), kTolerance);
}

/// How many values the forward loops of the training step save.
static size_t savedValues(TrainPrograms &programs) {
  size_t count = 0;
  programs.program("train_step")->walk([&](LoopOp loop) {
    if (!loop.getReverse())
      count += loop.getStacks().size();
  });
  return count;
}

TEST(TeleFlmGradient, RecomputingChangesNothing) {
  for (std::string microBatches : {"micro_batches=1", "micro_batches=3"}) {
    TrainPrograms none = compileTeleFlm({microBatches, "recompute=none"});
    State state = none.randomState();
    Batch batch = none.randomBatch(kVocab);
    Gradients saved = none.gradients(batch, state);
    size_t before = savedValues(none);
    for (std::string policy : {"selective", "full"}) {
      TrainPrograms programs =
          compileTeleFlm({microBatches, "recompute=" + policy});
      EXPECT_LT(savedValues(programs), before) << policy;
      before = savedValues(programs);
      Gradients again = programs.gradients(batch, state);
      for (auto &[name, gradient] : saved)
        EXPECT_EQ(gradient.data, again[name].data)
            << policy << " " << microBatches << " " << name;
    }
  }
}

TEST(TeleFlmGradient, PaddingTheVocabularyChangesNothing) {
  TrainPrograms exact = compileTeleFlm({"padded_vocab=11"});
  TrainPrograms padded = compileTeleFlm({"padded_vocab=17"});
  State state = exact.randomState(), paddedState = padded.randomState();
  Batch batch = exact.randomBatch(kVocab);
  // The padded tables: the same rows, then anything.
  for (const std::string &name : exact.parameters()) {
    const Tensor &value = state[name];
    std::copy(value.data.begin(), value.data.end(),
              paddedState[name].data.begin());
  }
  double loss = 0, paddedLoss = 0;
  Gradients gradients = exact.gradients(batch, state, &loss);
  Gradients paddedGradients = padded.gradients(batch, paddedState, &paddedLoss);
  EXPECT_EQ(loss, paddedLoss);
  for (auto &[name, gradient] : gradients) {
    std::vector<double> expected = gradient.data;
    expected.resize(paddedGradients[name].data.size(), 0.0);
    EXPECT_EQ(paddedGradients[name].data, expected) << name;
  }
}

/// |a - b| / |a|, both as one vector.
static double relativeDistance(const Tensor &a, const Tensor &b) {
  double squares = 0, differences = 0;
  for (auto [x, y] : llvm::zip(a.data, b.data)) {
    squares += x * x;
    differences += (x - y) * (x - y);
  }
  return std::sqrt(differences / squares);
}

TEST(TeleFlmGradient, NarrowTypesErrAsMuchAsTheyRound) {
  // The error of a gradient is the unit roundoff of the activations' type times
  // what the model makes of it, some tens at these parameters, in f32 as in
  // bf16: a value of the wrong type somewhere shows as a different factor.
  TrainPrograms exact = compileTeleFlm();
  State state = exact.randomState();
  Batch batch = exact.randomBatch(kVocab);
  Gradients expected = exact.gradients(batch, state);
  Options rounding;
  rounding.roundResults = true;
  const std::pair<const char *, double> types[] = {{"f32", 0x1p-24},
                                                   {"bf16", 0x1p-9}};
  for (auto [type, roundoff] : types) {
    TrainPrograms narrow = compileTeleFlm({std::string("precision=") + type});
    Gradients rounded = narrow.gradients(batch, state, nullptr, rounding);
    for (auto &[name, gradient] : expected) {
      double factor = relativeDistance(gradient, rounded[name]) / roundoff;
      EXPECT_GT(factor, 0.5) << type << " " << name;
      EXPECT_LT(factor, 64) << type << " " << name;
      RecordProperty(type + name, testing::PrintToString(factor));
    }
  }
}

//===----------------------------------------------------------------------===//
// The gate must catch a rule that is wrong.
//===----------------------------------------------------------------------===//

namespace {
/// A mistake that a rule could make, planted in the training step.
struct Mistake {
  const char *what;
  bool (*applies)(mlir::Operation *op);
  void (*make)(mlir::Operation *op);
};
} // namespace

/// Scales result `index` by 1.0001 for all its users.
template <unsigned index> static void distort(mlir::Operation *op) {
  mlir::OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(op);
  mlir::Value value = op->getResult(index);
  auto scaled = ScaleOp::create(builder, op->getLoc(), value.getType(), value,
                                builder.getF64FloatAttr(1.0001), DimAttr());
  value.replaceAllUsesExcept(scaled.getY(), scaled);
}

template <typename Op> static bool is(mlir::Operation *op) {
  return mlir::isa<Op>(op);
}
static bool isReversedLoop(mlir::Operation *op) {
  auto loop = mlir::dyn_cast<LoopOp>(op);
  return loop && loop.getReverse();
}

static const Mistake kMistakes[] = {
    {"embedding_grad", is<EmbeddingGradOp>, distort<0>},
    {"linear_grad_x", is<LinearGradXOp>, distort<0>},
    {"linear_grad_w", is<LinearGradWOp>, distort<0>},
    {"rms_norm_grad_x", is<RmsNormGradXOp>, distort<0>},
    {"rms_norm_grad_g", is<RmsNormGradGOp>, distort<0>},
    {"dq", is<AttentionGradOp>, distort<0>},
    {"dk", is<AttentionGradOp>, distort<1>},
    {"dv", is<AttentionGradOp>, distort<2>},
    {"dgate", is<SiluMulGradOp>, distort<0>},
    {"dup", is<SiluMulGradOp>, distort<1>},
    {"cross_entropy_grad", is<CrossEntropyGradOp>, distort<0>},
    {"attention_grad without its mask", is<AttentionGradOp>,
     [](mlir::Operation *op) {
       mlir::cast<AttentionGradOp>(op).setCausal(false);
     }},
    {"a gradient rotated forward again",
     [](mlir::Operation *op) {
       return is<RopeOp>(op) && op->hasAttr("inverse");
     },
     [](mlir::Operation *op) { mlir::cast<RopeOp>(op).setInverse(false); }},
    {"a branch missing where gradients meet",
     [](mlir::Operation *op) {
       return is<AddOp>(op) && isReversedLoop(op->getParentOp());
     },
     [](mlir::Operation *op) {
       op->getResult(0).replaceAllUsesWith(op->getOperand(0));
     }},
    {"layers differentiated first to last", isReversedLoop,
     [](mlir::Operation *op) { mlir::cast<LoopOp>(op).setReverse(false); }},
    {"the wrong saved value", is<SiluMulGradOp>,
     [](mlir::Operation *op) {
       auto grad = mlir::cast<SiluMulGradOp>(op);
       grad.getGateMutable().assign(grad.getUp());
     }},
};

/// The ops of the training step that `applies` accepts.
static std::vector<mlir::Operation *>
candidates(TrainPrograms &programs, bool (*applies)(mlir::Operation *)) {
  std::vector<mlir::Operation *> found;
  programs.program("train_step")->walk([&](mlir::Operation *op) {
    if (applies(op))
      found.push_back(op);
  });
  return found;
}

TEST(TeleFlmGradient, MistakesAreCaught) {
  TrainPrograms right = compileTeleFlm();
  State state = right.randomState();
  Batch batch = right.randomBatch(kVocab);
  Expected expected = finiteDifferences(right, batch, state, 50);
  ASSERT_LE(worstError(right.gradients(batch, state), expected), kTolerance);

  for (const Mistake &mistake : kMistakes) {
    // One at a time: every op of the kind must matter.
    size_t count = candidates(right, mistake.applies).size();
    EXPECT_GT(count, 0u) << mistake.what;
    for (size_t i = 0; i < count; ++i) {
      TrainPrograms wrong = compileTeleFlm();
      mistake.make(candidates(wrong, mistake.applies)[i]);
      EXPECT_GT(worstError(wrong.gradients(batch, state), expected),
                10 * kTolerance)
          << mistake.what << " #" << i;
    }
  }
}
