//===----------------------------------------------------------------------===//
// Optimised = reference: whole programs as machine code against the same
// programs in the reference interpreter, at sizes that divide nothing.
//===----------------------------------------------------------------------===//
#include "runtime/abi/Hyper.h"
#include "runtime/abi/Program.h"
#include "test/numerics/compiled/CompiledProgram.h"

#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace flm::numerics;
using flm::abi::Hyper;
using flm::reference::Tensor;

namespace {

std::string teleFlm() {
  auto file =
      llvm::MemoryBuffer::getFile(FLM_SOURCE_DIR "/models/tele-flm.mlir");
  if (!file)
    return {};
  return (*file)->getBuffer().str();
}

/// The scalars of one step in the order of Hyper.def. The large eps makes the
/// update a smooth function of the gradient: with a small one, a gradient that is
/// all rounding error would still move its parameter by a whole lr.
std::vector<float> hyperAt(int step, float clip) {
  std::vector<float> hyper(flm::abi::hyperCount);
  auto set = [&](Hyper which, float value) {
    hyper[static_cast<size_t>(which)] = value;
  };
  set(Hyper::lr, 1e-2f);
  set(Hyper::beta1, 0.9f);
  set(Hyper::beta2, 0.95f);
  set(Hyper::eps, 1e-2f);
  set(Hyper::weight_decay, 0.1f);
  set(Hyper::clip, clip);
  set(Hyper::bias1, 1 - std::pow(0.9f, static_cast<float>(step)));
  set(Hyper::bias2, 1 - std::pow(0.95f, static_cast<float>(step)));
  return hyper;
}

struct Case {
  const char *name;
  std::vector<std::string> overrides;
};

std::ostream &operator<<(std::ostream &os, const Case &c) {
  return os << c.name;
}

/// Sizes that divide neither vectors nor tiles nor each other.
std::vector<std::string> oddSizes(std::vector<std::string> more = {}) {
  std::vector<std::string> sizes = {
      "seq=13",   "vocab=29", "padded_vocab=37", "hidden=30", "heads=3",
      "ffn=41",   "layers=2", "micro_batch=2",   "base_width=15",
      "output_mult=1.5", "input_mult=2.0"};
  sizes.insert(sizes.end(), more.begin(), more.end());
  return sizes;
}

class Compiled : public testing::TestWithParam<Case> {};

TEST_P(Compiled, EqualsReference) {
  CompiledProgram program(teleFlm(), "tiny", "quick", GetParam().overrides);
  program.randomize(1);
  Tensor tokens = program.randomTokens(100), targets = program.randomTokens(101);

  if (program.microBatches() == 1) {
    double expected = program.evalReference(tokens, targets);
    EXPECT_NEAR(program.evalCompiled(tokens, targets), expected,
                1e-5 * expected);
  }

  // Both sides begin with the same f32 numbers; what differs is f32 rounding in
  // a forward and backward pass of a few layers, with sums of some hundred
  // terms: about 1e-5 of the largest element.
  for (int step = 1; step <= 3; ++step) {
    std::vector<float> hyper = hyperAt(step, step == 2 ? 0.0f : 1.0f);
    StepResult actual = program.stepCompiled(tokens, targets, hyper);
    StepResult expected = program.stepReference(tokens, targets, hyper);
    EXPECT_NEAR(actual.loss, expected.loss, 1e-5 * expected.loss) << step;
    EXPECT_NEAR(actual.norm, expected.norm, 1e-5 * expected.norm) << step;
    for (const std::string &name : program.stateNames())
      EXPECT_LT(program.stateError(name), 2e-5)
          << name << " after step " << step;
  }
}

TEST_P(Compiled, PredictEqualsReference) {
  CompiledProgram program(teleFlm(), "tiny", "quick", GetParam().overrides);
  program.randomize(7);
  Tensor tokens({1, program.dim("seq")});
  for (int64_t i = 0; i < tokens.size(); ++i)
    tokens.data[i] = static_cast<double>((i * 7 + 3) % program.dim("vocab"));
  std::vector<float> actual = program.predictCompiled(tokens);
  std::vector<double> expected = program.predictReference(tokens);
  ASSERT_EQ(actual.size(), expected.size());
  double largest = 0;
  for (double value : expected)
    largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < actual.size(); ++i)
    ASSERT_NEAR(actual[i], expected[i], 1e-5 * largest) << i;
}

INSTANTIATE_TEST_SUITE_P(
    TeleFlm, Compiled,
    testing::Values(
        Case{"OddSizes", oddSizes()},
        Case{"MicroBatches", oddSizes({"micro_batches=3"})},
        Case{"Slots", oddSizes({"micro_batches=4", "reduction_slots=2"})},
        Case{"RecomputeSelective", oddSizes({"recompute=selective"})},
        Case{"RecomputeFull", oddSizes({"recompute=full"})},
        Case{"RecomputeFullMicroBatches",
             oddSizes({"recompute=full", "micro_batches=2"})},
        Case{"OneTokenOneLayer", oddSizes({"seq=1", "layers=1", "micro_batch=1"})},
        Case{"Standard", oddSizes({"parametrization=standard"})},
        Case{"EvenSizes",
             {"seq=64", "hidden=64", "heads=2", "ffn=128", "layers=3",
              "micro_batch=2"}}),
    [](const auto &info) { return info.param.name; });

} // namespace
