//===----------------------------------------------------------------------===//
// The accuracy of exp, log and sigmoid, over their whole range.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Real.h"
#include "codegen/cpu/Rows.h"
#include "test/codegen/cpu/RowsTest.h"

#include <cmath>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

class RealTest : public RowsTest {
public:
  using Function = Real (*)(Real);

  /// A kernel of one task that applies `function` to each element.
  CpuKernel build(int64_t count, Function function) {
    mlir::OpBuilder b = builder();
    mlir::Type flat = bufferType({count}, type(Kind::F32));
    RowsKernel kernel(b, loc(), symbol(), {flat, flat});
    forEachStrip(kernel, wholeSpan(kernel, count), target(),
                 [&](const Strip &strip) {
                   strip.store(function(strip.load(kernel.operand(0))),
                               kernel.operand(1));
                 });
    return kernel.finish(1);
  }
};
FLM_INSTANTIATE_ROWS_TEST(RealTest);

/// The largest error in units in the last place of the exact result.
double worstUlps(const Buffer &x, const Buffer &y, double (*exact)(double)) {
  double worst = 0;
  for (int64_t i = 0; i < x.size(); ++i) {
    double want = exact(x[i]);
    float rounded = static_cast<float>(std::abs(want));
    double unit = double(std::nextafterf(rounded, INFINITY)) - rounded;
    double error = std::abs(y[i] - want) / unit;
    // Written so that NaN counts as the worst.
    if (!(error <= worst))
      worst = error;
  }
  return worst;
}

/// `count` numbers from `low` to `high`.
Buffer sweep(double low, double high, int64_t count) {
  Buffer x(count);
  for (int64_t i = 0; i < count; ++i)
    x.set(i, low + (high - low) * i / (count - 1));
  return x;
}

} // namespace

TEST_P(RealTest, ExpIsWithinOneUlp) {
  const int64_t count = 1000003;
  CpuKernel kernel = build(count, exp);
  CpuKernel ends = build(7, exp);
  ASSERT_TRUE(compile());
  // Where the result is a normal number.
  Buffer x = sweep(-87.33, 88.72, count), y(count);
  run(kernel, {&x, &y});
  EXPECT_LE(worstUlps(x, y, std::exp), 1);
  x = sweep(-1, 1, count);
  run(kernel, {&x, &y});
  EXPECT_LE(worstUlps(x, y, std::exp), 1);

  Buffer in = Buffer::of({0, -0.0, -INFINITY, INFINITY, NAN, -1000, 1000});
  Buffer out(7);
  run(ends, {&in, &out});
  const double want[] = {1, 1, 0, INFINITY, NAN, 0, INFINITY};
  expectNear(
      out, [&](int64_t i) { return want[i]; }, [](int64_t) { return 2e-38; },
      "exp");
}

TEST_P(RealTest, LogIsWithinThreeUlps) {
  const int64_t count = 1000003;
  CpuKernel kernel = build(count, log);
  CpuKernel ends = build(6, log);
  ASSERT_TRUE(compile());
  Buffer x(count), y(count);
  for (int64_t i = 0; i < count; ++i)
    x.set(i, std::exp2(-126 + 253.9 * i / (count - 1)));
  run(kernel, {&x, &y});
  EXPECT_LE(worstUlps(x, y, std::log), 3);
  x = sweep(0.5, 2, count);
  run(kernel, {&x, &y});
  EXPECT_LE(worstUlps(x, y, std::log), 3);

  Buffer in = Buffer::of({1, 0, -0.0, -1, INFINITY, NAN}), out(6);
  run(ends, {&in, &out});
  const double want[] = {0, -INFINITY, -INFINITY, NAN, INFINITY, NAN};
  expectNear(
      out, [&](int64_t i) { return want[i]; }, [](int64_t) { return 0; },
      "log");
}

TEST_P(RealTest, SigmoidIsWithinThreeUlps) {
  const int64_t count = 1000003;
  CpuKernel kernel = build(count, sigmoid);
  CpuKernel ends = build(5, sigmoid);
  ASSERT_TRUE(compile());
  Buffer x = sweep(-87.3, 88.7, count), y(count);
  run(kernel, {&x, &y});
  EXPECT_LE(worstUlps(x, y, [](double v) { return 1 / (1 + std::exp(-v)); }),
            3);
  Buffer in = Buffer::of({-INFINITY, INFINITY, NAN, -1000, 1000}), out(5);
  run(ends, {&in, &out});
  const double want[] = {0, 1, NAN, 0, 1};
  expectNear(
      out, [&](int64_t i) { return want[i]; }, [](int64_t) { return 2e-38; },
      "sigmoid");
}
