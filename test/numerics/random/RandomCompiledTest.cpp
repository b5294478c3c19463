//===----------------------------------------------------------------------===//
// Random models as machine code against the interpreter.
//===----------------------------------------------------------------------===//
#include "test/numerics/compiled/CompiledProgram.h"
#include "test/numerics/random/Seeds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

using namespace flm::numerics;
using flm::reference::Tensor;

namespace {

/// The scalars of step `step`, in the order of Hyper.def. With a large eps an
/// update is a smooth function of the gradient.
std::vector<float> hyperOfStep(int step) {
  float beta1 = 0.9F, beta2 = 0.95F;
  return {1e-2F,
          beta1,
          beta2,
          /*eps=*/1e-2F,
          /*weight_decay=*/0.1F,
          /*clip=*/step == 2 ? 0.0F : 1.0F,
          1 - std::pow(beta1, static_cast<float>(step)),
          1 - std::pow(beta2, static_cast<float>(step))};
}

/// The largest element, and the largest difference of elements.
double largest(const Tensor &a) {
  double result = 0;
  for (double x : a.data)
    result = std::max(result, std::fabs(x));
  return result;
}
double difference(const Tensor &a, const Tensor &b) {
  double worst = 0;
  for (auto [x, y] : llvm::zip_equal(a.data, b.data)) {
    double d = std::fabs(x - y);
    worst = d <= worst ? worst : d; // a NaN stays
  }
  return worst;
}

/// Machine code sums in another order than the interpreter: its error is a
/// multiple of what rounding alone makes. Below that are errors of f32 in the
/// largest of what is computed.
constexpr double kRounding = 40;
constexpr double kRelative = 2e-6;

void expectNear(double actual, double expected, double rounded) {
  EXPECT_LE(std::fabs(actual - expected),
            kRounding * std::fabs(rounded - expected) +
                10 * kRelative * (1 + std::fabs(expected)));
}

/// Parameters are compared with their own largest element, moments with the
/// largest of all: a gradient may vanish but for rounding.
void expectSameState(const CompiledProgram &program) {
  std::map<std::string, double> scales;
  auto kindOf = [](llvm::StringRef name) {
    return name.starts_with("exp_avg_sq.") ? std::string("exp_avg_sq.")
           : name.starts_with("exp_avg.")  ? std::string("exp_avg.")
                                           : name.str();
  };
  for (const std::string &name : program.stateNames()) {
    double &scale = scales[kindOf(name)];
    scale = std::max(scale, largest(program.referenceState(name)));
  }
  for (const std::string &name : program.stateNames()) {
    const Tensor &expected = program.referenceState(name);
    double noise = difference(program.roundedState(name), expected);
    EXPECT_LE(difference(program.compiledState(name), expected),
              kRounding * noise + 10 * kRelative * scales[kindOf(name)])
        << name;
  }
}

} // namespace

TEST(RandomModels, CompiledEqualsReference) {
  forEachSeed(12, [&](const RandomModel &model, uint64_t seed) {
    std::string precision = seed % 4 ? "f32" : "bf16";
    CompiledProgram program(model.spec +
                                "flm.plan @single of @m on grid() {}\n",
                            "c", "r", {"precision=" + precision});
    program.randomize(seed);
    Tensor tokens = program.randomTokens(2 * seed),
           targets = program.randomTokens(2 * seed + 1);
    for (int step = 1; step <= 2; ++step) {
      SCOPED_TRACE(precision + ", step " + std::to_string(step));
      std::vector<float> hyper = hyperOfStep(step);
      StepResult actual = program.stepCompiled(tokens, targets, hyper),
                 expected = program.stepReference(tokens, targets, hyper),
                 rounded = program.stepRounded(tokens, targets, hyper);
      expectNear(actual.loss, expected.loss, rounded.loss);
      expectNear(actual.norm, expected.norm, rounded.norm);
      expectSameState(program);
      if (testing::Test::HasFailure())
        return;
    }
  });
}
