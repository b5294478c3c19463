//===----------------------------------------------------------------------===//
// Gradient clipping and AdamW against PyTorch's formulas in double.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Optimizer.h"
#include "test/codegen/cpu/RowsTest.h"

#include <cmath>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

class OptimizerTest : public RowsTest {};
FLM_INSTANTIATE_ROWS_TEST(OptimizerTest);

/// The hyper array at step t.
Buffer hyperAt(int t, double clip) {
  const double beta1 = 0.875,
               beta2 = 0.9375; // exact in f32, and so is 1 - beta
  return Buffer::of({0.01, beta1, beta2, 1e-6, 0.1, clip,
                     1 - std::pow(beta1, t), 1 - std::pow(beta2, t)});
}

} // namespace

TEST_P(OptimizerTest, ClipsByGlobalNorm) {
  mlir::OpBuilder b = builder();
  CpuKernel kernel = buildClip(b, loc(), symbol());
  ASSERT_TRUE(compile());
  auto clip = [&](double sumOfSquares, double limit) {
    Buffer sum = Buffer::of({sumOfSquares}), hyper = hyperAt(1, limit);
    Buffer norm(1), coefficient(1);
    run(kernel, {&sum, &hyper, &norm, &coefficient});
    return std::pair<double, double>(norm[0], coefficient[0]);
  };
  EXPECT_EQ(clip(16, 0), std::make_pair(4.0, 1.0)); // off
  EXPECT_EQ(clip(16, 5), std::make_pair(4.0, 1.0)); // short enough
  EXPECT_EQ(clip(0, 1), std::make_pair(0.0, 1.0));
  EXPECT_EQ(clip(16, 1).first, 4.0);
  EXPECT_NEAR(clip(16, 1).second, 1 / (4 + 1e-6), 0x1p-24);
  EXPECT_TRUE(std::isnan(clip(NAN, 1).first));
  EXPECT_TRUE(std::isnan(clip(NAN, 1).second));
}

TEST_P(OptimizerTest, FollowsAdamW) {
  const int64_t sizes[] = {1, 3, 37, 100, 257, 30011};
  const double lrMultiplier = 0.5, decayMultiplier = 2, epsMultiplier = 4;
  std::vector<CpuKernel> kernels;
  mlir::OpBuilder b = builder();
  for (int64_t size : sizes)
    kernels.push_back(buildAdamW(
        b, loc(), symbol(),
        {size, lrMultiplier, decayMultiplier, epsMultiplier}, target()));
  ASSERT_TRUE(compile());
  EXPECT_GT(kernels.back().tasks, 1);

  for (auto [size, kernel] : llvm::zip_equal(sizes, kernels)) {
    SCOPED_TRACE(size);
    Buffer p = Buffer::normal(size, 1), m(size), v(size);
    for (int64_t i = 0; i < size; ++i) {
      m.set(i, 0);
      v.set(i, 0);
    }
    Buffer coefficient = Buffer::of({0.75});
    for (int t = 1; t <= 3; ++t) {
      Buffer g = Buffer::normal(size, 10 + t), hyper = hyperAt(t, 1);
      g.set(0, 0); // no gradient at all: the update is 0 / eps
      Buffer oldP = p, oldM = m, oldV = v;
      run(kernel, {&p, &m, &v, &g, &coefficient, &hyper});

      // torch.optim.AdamW, one step from the same state.
      const double lr = hyper[0] * lrMultiplier, beta1 = hyper[1],
                   beta2 = hyper[2], eps = hyper[3] * epsMultiplier,
                   decay = hyper[4] * decayMultiplier;
      auto newM = [&](int64_t i) {
        return beta1 * oldM[i] + (1 - beta1) * g[i] * 0.75;
      };
      auto newV = [&](int64_t i) {
        double gradient = g[i] * 0.75;
        return beta2 * oldV[i] + (1 - beta2) * gradient * gradient;
      };
      auto update = [&](int64_t i) {
        double denominator = std::sqrt(newV(i)) / std::sqrt(hyper[7]) + eps;
        return lr / hyper[6] * newM(i) / denominator;
      };
      auto newP = [&](int64_t i) {
        return oldP[i] * (1 - lr * decay) - update(i);
      };
      const double f32 = epsilonOf(Kind::F32);
      auto magnitudeM = [&](int64_t i) {
        return std::abs(beta1 * oldM[i]) + std::abs((1 - beta1) * g[i]);
      };
      expectNear(
          m, newM, [&](int64_t i) { return 3 * f32 * magnitudeM(i); }, "m");
      expectNear(v, newV, [&](int64_t i) { return 6 * f32 * newV(i); }, "v");
      expectNear(
          p, newP,
          [&](int64_t i) {
            // m's own error counts relative to the terms that made it.
            double slack = newM(i) == 0 ? 0
                                        : std::abs(update(i) / newM(i)) * 3 *
                                              magnitudeM(i);
            return f32 *
                   (4 * std::abs(oldP[i]) + 12 * std::abs(update(i)) + slack);
          },
          "p");
    }
  }
}
