//===----------------------------------------------------------------------===//
// Gradients of random models against finite differences.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"
#include "test/numerics/Program.h"
#include "test/numerics/gradient/FiniteDifferences.h"
#include "test/numerics/gradient/TrainPrograms.h"
#include "test/numerics/random/Seeds.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace flm::numerics;
using flm::reference::State;
using flm::reference::Tensor;

namespace {

/// The derivative of the loss along a random direction of one parameter, which
/// every element of the gradient has a share in.
class Direction {
public:
  Direction(TrainPrograms &programs, const Batch &batch, State &state,
            const std::string &name, unsigned seed)
      : programs(programs), batch(batch), state(state), name(name),
        center(state[name]), along(randomNormal(center.shape, seed)) {}

  /// By finite differences, with a step of about 1e-3 times `scale`.
  double derivative(double scale) {
    double t = 0;
    double result = flm::numerics::derivative(
        [&] {
          Tensor &x = state[name];
          for (int64_t i = 0; i < x.size(); ++i)
            x.data[i] = center.data[i] + t * scale * along.data[i];
          return programs.loss(batch, state);
        },
        t);
    state[name] = center;
    return result / scale;
  }

  /// By the gradient, and the size of its terms.
  std::pair<double, double> product(const Tensor &gradient) const {
    double sum = 0, size = 0;
    for (auto [g, v] : llvm::zip_equal(gradient.data, along.data)) {
      sum += g * v;
      size += std::fabs(g * v);
    }
    return {sum, size};
  }

private:
  TrainPrograms &programs;
  const Batch &batch;
  State &state;
  std::string name;
  Tensor center, along;
};

} // namespace

TEST(RandomModels, GradientsAreFiniteDifferences) {
  int64_t checked = 0, curved = 0;
  forEachSeed(100, [&](const RandomModel &model, uint64_t seed) {
    TrainPrograms programs(model.spec + "flm.plan @single of @m on grid() {}\n",
                           {});
    State state = programs.randomState(seed);
    Batch batch = programs.randomBatch(model.vocab, seed);
    double loss = 0;
    Gradients gradients = programs.gradients(batch, state, &loss);
    EXPECT_NEAR(loss, programs.loss(batch, state), 1e-12 * (1 + loss));
    for (const std::string &name : programs.parameters()) {
      Direction direction(programs, batch, state, name, seed);
      double wanted = direction.derivative(1),
             finer = direction.derivative(0.3);
      auto [actual, size] = direction.product(gradients[name]);
      // What differences of a loss near `loss` can tell.
      double noise = 1e-10 * (1 + loss) + 1e-6 * size;
      if (!(std::fabs(wanted - finer) <= noise)) {
        ++curved;
        continue;
      }
      ++checked;
      EXPECT_LE(std::fabs(actual - finer), 3 * noise)
          << name << ": " << actual << ", finite differences " << finer;
    }
  });
  // Where steps of two sizes disagree nothing is learnt; that must be rare.
  EXPECT_LE(20 * curved, checked + 20);
}

/// Ops that compute in one element type: that of all operands and results.
static bool isOfOneType(mlir::Operation *op) {
  using namespace flm;
  return mlir::isa<AddOp, ScaleOp, SiluMulOp, SiluMulGradOp, RmsNormOp,
                   RmsNormGradXOp, LayerNormOp, LayerNormGradXOp, RopeOp,
                   LinearOp, LinearGradXOp>(op);
}

TEST(RandomModels, NarrowGradientsAreWellTyped) {
  forEachSeed(100, [](const RandomModel &model, uint64_t) {
    TrainPrograms programs(model.spec + "flm.plan @single of @m on grid() {}\n",
                           {"", "", "", {"precision=bf16"}});
    programs.program("train_step")->walk([](mlir::Operation *op) {
      if (!isOfOneType(op))
        return;
      mlir::Type type = flm::typeOf(op->getResult(0)).getElementType();
      for (mlir::Type other : op->getOperandTypes())
        EXPECT_EQ(mlir::cast<flm::NamedTensorType>(other).getElementType(),
                  type)
            << testing::PrintToString(op->getName().getStringRef().str());
      for (mlir::Type other : op->getResultTypes())
        EXPECT_EQ(mlir::cast<flm::NamedTensorType>(other).getElementType(),
                  type);
    });
  });
}
