//===----------------------------------------------------------------------===//
// Random numbers against published vectors, the shape of the truncated normal,
// independence of layout.
//===----------------------------------------------------------------------===//
#include "runtime/train/ParameterInit.h"
#include "runtime/train/Philox.h"
#include "test/runtime/device/AllMemory.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace flmrt;
using namespace flmtest;

namespace {

// The known-answer vectors of Random123 (kat_vectors, philox4x32 10).
TEST(Philox, MatchesThePublishedVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                       {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, SeedNameAndIndexAllMatter) {
  double value = RandomStream(1, "a").uniform(0);
  EXPECT_NE(value, RandomStream(2, "a").uniform(0));
  EXPECT_NE(value, RandomStream(uint64_t(1) << 32 | 1, "a").uniform(0));
  EXPECT_NE(value, RandomStream(1, "b").uniform(0));
  EXPECT_NE(value, RandomStream(1, "a").uniform(1));
  EXPECT_NE(value, RandomStream(1, "a").uniform(uint64_t(1) << 33));
  EXPECT_EQ(value, RandomStream(1, "a").uniform(0));
}

TEST(InverseNormal, InvertsTheDistribution) {
  for (double p :
       {1e-300, 1e-12, 0.00135, 0.0749, 0.0751, 0.3, 0.5, 0.8, 0.95, 0.9999}) {
    double x = inverseNormal(p);
    EXPECT_NEAR(0.5 * std::erfc(-x / std::sqrt(2.0)) / p, 1.0, 1e-12) << p;
  }
  EXPECT_EQ(inverseNormal(0.5), 0.0);
  EXPECT_EQ(inverseNormal(0.25), -inverseNormal(0.75));
}

TEST(TruncatedNormal, HasTheStandardDeviationItWasAskedFor) {
  constexpr int64_t n = 4'000'000;
  constexpr double std = 0.017;
  std::vector<float> values(n);
  fillTruncatedNormal(values.data(), 0, n, 7, "w", std);
  double sum = 0, square = 0, fourth = 0, largest = 0;
  for (double value : values) {
    double x = value / std;
    sum += x;
    square += x * x;
    fourth += x * x * x * x;
    largest = std::max(largest, std::fabs(x));
  }
  // Five standard errors of each estimate: they fail once in a million seeds.
  EXPECT_NEAR(sum / n, 0.0, 5.0 / std::sqrt(double(n)));
  EXPECT_NEAR(square / n, 1.0, 5.0 * std::sqrt(1.83 / n));
  // The cut at 3 leaves variance 0.973337 (1 - 6 phi(3) / (1 - 2 Phi(-3))), so
  // the largest value is 3 / sqrt(0.973337) = 3.04082 standard deviations.
  EXPECT_LE(largest, 3.04083);
  EXPECT_GT(largest, 3.0403);
  // Kurtosis 2.8289, by integrating x^4 over the cut density; 3 if uncut.
  EXPECT_NEAR(fourth / n, 2.8289, 0.02);
}

TEST(TruncatedNormal, DoesNotDependOnHowItIsCutIntoPieces) {
  constexpr int64_t n = 1001;
  std::vector<float> whole(n), pieces(n);
  fillTruncatedNormal(whole.data(), 0, n, 3, "w", 1.0);
  int64_t begin = 0;
  for (int64_t size = 1; begin < n; begin += size, size = size * 2 + 1) {
    size = std::min(size, n - begin);
    fillTruncatedNormal(pieces.data() + begin, begin, size, 3, "w", 1.0);
  }
  EXPECT_EQ(whole, pieces);
}

TEST(Initialize, DoesNotDependOnThreads) {
  AllMemory memory;
  std::vector<float> one(200'003), four(one.size());
  InitRule rule{InitRule::Normal, 0.02, 0};
  std::vector<int64_t> shape = {static_cast<int64_t>(one.size())};
  {
    ThreadPool pool(1, 0);
    initialize(memory, {"w", shape, memory.offsetOf(one)}, rule, 5, pool);
  }
  ThreadPool pool(4, 0);
  initialize(memory, {"w", shape, memory.offsetOf(four)}, rule, 5, pool);
  EXPECT_EQ(one, four);
  EXPECT_NE(one[0], 0.0f);
  EXPECT_NE(one.back(), 0.0f);
  initialize(memory, {"w", shape, memory.offsetOf(four)},
             {InitRule::Constant, 0, 1.5}, 5, pool);
  EXPECT_EQ(four, std::vector<float>(one.size(), 1.5f));
}

TEST(Initialize, DoesNotDependOnTheLayout) {
  AllMemory memory;
  InitRule rule{InitRule::Normal, 0.02, 0};
  ThreadPool pool(2, 0);
  std::vector<float> whole(60 * 1000);
  initialize(memory, {"w", {60, 1000}, memory.offsetOf(whole)}, rule, 5, pool);
  // Columns over 4 ranks, and the flattened rest over 2 unequal ones.
  Mesh mesh({"dp", "tp"}, {2, 4});
  Part columns, flat;
  columns.axis = columns.dim = 1;
  flat.kind = Part::Flat;
  flat.block = 8192;
  std::vector<float> pieces(whole.size());
  for (int64_t rank = 0; rank < 8; ++rank) {
    std::vector<float> here(8192, -1);
    TensorPart part({60, 1000}, {columns, flat}, mesh, rank, std::nullopt);
    initialize(memory, {"w", {60, 1000}, memory.offsetOf(here), part}, rule, 5,
               pool);
    part.forEachRun([&](int64_t element, int64_t at, int64_t count) {
      std::copy_n(here.data() + at, count, pieces.data() + element);
    });
  }
  EXPECT_EQ(pieces, whole);
}

// Values of another implementation of this page (Python, its own Philox and
// statistics.NormalDist): the definition is not this code.
TEST(TruncatedNormal, KeepsItsDefinition) {
  float values[4];
  fillTruncatedNormal(values, 0, 4, 1337, "model.norm.weight", 1.0);
  EXPECT_FLOAT_EQ(values[0], 0.32998234f);
  EXPECT_FLOAT_EQ(values[1], 0.308831334f);
  EXPECT_FLOAT_EQ(values[2], -0.960207283f);
  EXPECT_FLOAT_EQ(values[3], 1.79562175f);
}

TEST(RopeTable, HoldsCosinesThenSines) {
  constexpr int64_t seq = 5, headDim = 6;
  std::vector<float> table(seq * headDim);
  // The second half of 10 positions, as a rank of two has it.
  fillRopeTable({100.0, seq, headDim, 0, {}}, 5, table.data());
  for (int64_t position = 0; position < seq; ++position)
    for (int64_t i = 0; i < 3; ++i) {
      double angle = double(5 + position) / std::pow(100.0, double(i) / 3.0);
      EXPECT_FLOAT_EQ(table[position * headDim + i], std::cos(angle));
      EXPECT_FLOAT_EQ(table[position * headDim + 3 + i], std::sin(angle));
    }
}

} // namespace
