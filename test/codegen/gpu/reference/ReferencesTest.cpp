//===----------------------------------------------------------------------===//
// Tensors, and the comparison with a reference.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace flm::gpuref;

namespace {

Argument argumentOf(ElementType type) {
  Argument argument;
  argument.name = "x";
  argument.type = type;
  return argument;
}

TEST(TensorTest, RoundsToItsType) {
  Argument bf16 = argumentOf(ElementType::BF16),
           f32 = argumentOf(ElementType::F32),
           i32 = argumentOf(ElementType::I32);
  Tensor a(bf16, {2}), b(f32, {2}), c(i32, {2});
  // Between 1 and the next bf16, which is 1 + 2^-7: the tie goes to even.
  a.set(0, 1 + 0x1p-8);
  a.set(1, 1 + 0x1p-8 + 0x1p-20);
  b.set(0, 1 + 0x1p-23);
  c.set(0, -7);
  EXPECT_EQ(a.get(0), 1);
  EXPECT_EQ(a.get(1), 1 + 0x1p-7);
  EXPECT_EQ(b.get(0), 1 + 0x1p-23);
  EXPECT_EQ(c.get(0), -7);
  EXPECT_EQ(c.get(1), -1);
  EXPECT_TRUE(std::isnan(a.values()[1]) == false && std::isnan(b.get(1)));
}

TEST(TensorTest, NoticesWritesBeyond) {
  Argument f32 = argumentOf(ElementType::F32);
  Tensor before(f32, {3}), after(f32, {3});
  EXPECT_TRUE(before.guardsIntact());
  before.data()[-1] = 0;
  after.data()[12] = 0;
  EXPECT_FALSE(before.guardsIntact());
  EXPECT_FALSE(after.guardsIntact());
}

TEST(WorstElementTest, CountsInBounds) {
  Argument f32 = argumentOf(ElementType::F32);
  Tensor tensor(f32, {4});
  for (int i = 0; i < 4; ++i)
    tensor.set(i, i);
  Expected expected{"x", {0, 1.5, 2, 2}, {0, 1, 1, 4}};
  EXPECT_EQ(worstElement(expected, tensor).element, 1);
  EXPECT_EQ(worstElement(expected, tensor).error, 0.5);
  // Where the bound is zero, only the same number will do.
  tensor.set(0, 1e-30);
  EXPECT_EQ(worstElement(expected, tensor).element, 0);
  EXPECT_TRUE(std::isinf(worstElement(expected, tensor).error));
}

TEST(WorstElementTest, InfinitiesAreRightWhereExpected) {
  Argument f32 = argumentOf(ElementType::F32);
  Tensor tensor(f32, {2});
  constexpr double infinity = std::numeric_limits<double>::infinity();
  tensor.set(0, infinity);
  tensor.set(1, -infinity);
  EXPECT_EQ(worstElement({"x", {infinity, -infinity}, {0, 0}}, tensor).error,
            0);
  EXPECT_TRUE(std::isinf(
      worstElement({"x", {infinity, infinity}, {0, 0}}, tensor).error));
}

TEST(WorstElementTest, NaNIsInfinitelyWrong) {
  Argument f32 = argumentOf(ElementType::F32);
  Tensor tensor(f32, {2});
  tensor.set(0, 3);
  tensor.set(1, std::numeric_limits<double>::quiet_NaN());
  Expected expected{"x", {3, 3}, {1, 1}};
  EXPECT_EQ(worstElement(expected, tensor).element, 1);
  EXPECT_TRUE(std::isinf(worstElement(expected, tensor).error));
}

} // namespace
