//===----------------------------------------------------------------------===//
// The checker of gradients: it must see what is wrong.
//===----------------------------------------------------------------------===//
#include "test/numerics/gradient/FiniteDifferences.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace flm::numerics;
using flm::reference::Tensor;

TEST(FiniteDifferences, DerivativesOfKnownFunctions) {
  double x = 0.7;
  EXPECT_NEAR(derivative([&] { return std::exp(x); }, x), std::exp(0.7), 1e-12);
  EXPECT_EQ(x, 0.7);
  x = -300;
  EXPECT_NEAR(derivative([&] { return x * x * x; }, x), 3 * 300 * 300.0, 1e-5);
}

namespace {
/// f = sum of i * x[i]^2 / 2, whose gradient is i * x[i].
struct Quadratic : testing::Test {
  Tensor x{{7}, {1, -2, 3, 0.5, 5, -6, 1e-3}};
  Tensor gradient{{7}};

  Quadratic() {
    for (int i = 0; i < 7; ++i)
      gradient.data[i] = i * x.data[i];
  }
  double error(int64_t samples = 0) {
    auto sum = [&] {
      double sum = 0;
      for (int i = 0; i < 7; ++i)
        sum += i * x.data[i] * x.data[i] / 2;
      return sum;
    };
    return gradientError(gradient, derivatives(sum, x, samples));
  }
};
} // namespace

TEST_F(Quadratic, RightGradientPasses) {
  EXPECT_LE(error(), 1e-9);
  EXPECT_LE(error(3), 1e-9);
}

TEST_F(Quadratic, WrongElementIsSeen) {
  gradient.data[3] *= 1 + 1e-5;
  EXPECT_GT(error(), 9e-6);
}

TEST_F(Quadratic, WrongElementWithoutGradientIsSeen) {
  gradient.data[0] = 1e-5;
  EXPECT_GT(error(), 1e-3);
}

TEST_F(Quadratic, MissingGradientIsSeen) {
  gradient = Tensor({7});
  EXPECT_EQ(error(), 1);
}

TEST_F(Quadratic, ShortOrInfiniteGradientIsSeen) {
  gradient.data[6] = NAN;
  EXPECT_TRUE(std::isinf(error()));
  gradient = Tensor({6});
  EXPECT_TRUE(std::isinf(error()));
}
