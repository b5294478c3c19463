//===----------------------------------------------------------------------===//
// The interpreter's simulation of mixed precision.
//===----------------------------------------------------------------------===//
#include "test/codegen/reference/ExpectTensor.h"
#include "test/numerics/Program.h"

#include "llvm/ADT/APFloat.h"

#include <cmath>
#include <random>

using namespace flm::numerics;
using flm::reference::roundToBf16;

static double roundedByApFloat(double value) {
  llvm::APFloat x(value);
  bool losesInfo;
  x.convert(llvm::APFloat::BFloat(), llvm::APFloat::rmNearestTiesToEven,
            &losesInfo);
  x.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven,
            &losesInfo);
  return x.convertToDouble();
}

TEST(ReferenceRounding, Bf16IsToNearestEven) {
  EXPECT_EQ(roundToBf16(1 + 0x1p-8), 1.0);            // a tie, to even below
  EXPECT_EQ(roundToBf16(1 + 3 * 0x1p-8), 1 + 0x1p-6); // a tie, to even above
  // Through f32 this would first become the tie and then round down.
  EXPECT_EQ(roundToBf16(1 + 0x1p-8 + 0x1p-40), 1 + 0x1p-7);
  EXPECT_EQ(roundToBf16(-0x1.FFp127), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(roundToBf16(NAN)));

  std::mt19937_64 bits(7);
  std::uniform_real_distribution<double> fraction(-2, 2);
  for (int exponent = -140; exponent < 130; ++exponent)
    for (int i = 0; i < 50; ++i) {
      double value = std::ldexp(fraction(bits), exponent);
      ASSERT_EQ(roundToBf16(value), roundedByApFloat(value)) << value;
    }
}

TEST(ReferenceRounding, ResultsTakeTheirElementType) {
  // The linear reads bf16 operands, sums them exactly and rounds once.
  Program program = Program::of(
      "%x: [t=1, i=2] f32, %w: [o=1, i=2] bf16",
      "%x16 = cast %x : [t=1, i=2] f32 -> [t=1, i=2] bf16\n"
      "%y = linear %x16, %w : [t=1, i=2] bf16 -> [t=1, o=1] bf16\n"
      "return %x, %x16, %y : [t=1, i=2] f32, [t=1, i=2] bf16, [t=1, o=1] bf16");
  Tensor x({1, 2}, {1 + 0x1p-10 + 0x1p-40, 3}), w({1, 2}, {1, 0x1p-9});

  Options rounding;
  rounding.roundResults = true;
  auto rounded = program.run({x, w}, rounding);
  ASSERT_EQ(rounded.size(), 3u);
  expectTensor(rounded[0], {1 + 0x1p-10, 3});
  expectTensor(rounded[1], {1, 3});
  expectTensor(rounded[2], {1 + 0x1p-7}); // 1 + 1.5 * 2^-8, to nearest

  auto exact = program.run({x, w});
  ASSERT_EQ(exact.size(), 3u);
  EXPECT_EQ(exact[2].data[0], 1 + 0x1p-10 + 0x1p-40 + 3 * 0x1p-9);
}
