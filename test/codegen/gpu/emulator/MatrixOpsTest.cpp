//===----------------------------------------------------------------------===//
// mma.sync and ldmatrix against the fragments of the PTX ISA, written as its
// text writes them ("Matrix fragments for mma.m16n8k16", "ldmatrix").
//===----------------------------------------------------------------------===//
#include "EmulatedBlock.h"

#include <cstring>

using namespace flm::emu;

namespace {

constexpr int m = 16, n = 8, k = 16;

struct ElementOf {
  int row, column;
};

// groupID = lane >> 2, threadID_in_group = lane % 4; i counts elements.
ElementOf elementA(int lane, int i) {
  int groupId = lane >> 2, inGroup = lane % 4;
  bool upper = (i >= 0 && i < 2) || (i >= 4 && i < 6);
  return {upper ? groupId : groupId + 8,
          inGroup * 2 + (i & 1) + (i >= 4 ? 8 : 0)};
}
ElementOf elementB(int lane, int i) {
  return {(lane % 4) * 2 + (i & 1) + (i >= 2 ? 8 : 0), lane >> 2};
}
ElementOf elementC(int lane, int i) {
  return {(lane >> 2) + (i < 2 ? 0 : 8), (lane % 4) * 2 + (i & 1)};
}

TEST(MatrixOpsTest, MultipliesFragments) {
  std::vector<float> a = smallIntegers(m * k, 1), b = smallIntegers(k * n, 2),
                     c = smallIntegers(m * n, 3), d(m * n);
  runBlock(32, 0, [&](int lane) {
    int32_t operands[10];
    for (int reg = 0; reg < 4; ++reg) {
      ElementOf first = elementA(lane, 2 * reg);
      const float *pair = &a[first.row * k + first.column];
      operands[reg] = static_cast<int32_t>(packPair(pair[0], pair[1]));
    }
    for (int reg = 0; reg < 2; ++reg) {
      ElementOf first = elementB(lane, 2 * reg);
      operands[4 + reg] =
          static_cast<int32_t>(packPair(b[first.row * n + first.column],
                                        b[(first.row + 1) * n + first.column]));
    }
    float sums[4], results[4];
    for (int i = 0; i < 4; ++i)
      sums[i] = c[elementC(lane, i).row * n + elementC(lane, i).column];
    std::memcpy(operands + 6, sums, sizeof sums);
    flm_emu_mma(operands, results, "mma");
    for (int i = 0; i < 4; ++i)
      d[elementC(lane, i).row * n + elementC(lane, i).column] = results[i];
  });
  for (int row = 0; row < m; ++row)
    for (int column = 0; column < n; ++column) {
      float expected = c[row * n + column];
      for (int i = 0; i < k; ++i)
        expected += a[row * k + i] * b[i * n + column];
      EXPECT_EQ(d[row * n + column], expected) << row << ", " << column;
    }
}

/// Four 8 x 8 matrices of numbers that say where they are from.
class LoadMatrixTest : public testing::TestWithParam<bool> {};

TEST_P(LoadMatrixTest, GivesEachLaneItsElements) {
  bool transposed = GetParam();
  constexpr int matrices = 4, bytes = matrices * 8 * 16;
  std::vector<int32_t> loaded(32 * matrices);
  runBlock(32, bytes, [&](int lane) {
    // Lane i holds the address of row i % 8 of matrix i / 8.
    auto *row = static_cast<char *>(flm_emu_shared_base()) + lane * 16;
    for (int column = 0; column < 8; ++column) {
      auto value = static_cast<uint16_t>(lane * 8 + column);
      std::memcpy(row + 2 * column, &value, 2);
    }
    flm_emu_load_matrix(row, matrices, transposed, &loaded[lane * matrices],
                        "ldmatrix");
  });
  for (int lane = 0; lane < 32; ++lane)
    for (int matrix = 0; matrix < matrices; ++matrix)
      for (int half : {0, 1}) {
        // Row lane / 4, columns lane % 4 * 2 and the next; or, transposed, of
        // the transposed matrix.
        int row = lane / 4, column = lane % 4 * 2 + half;
        if (transposed)
          std::swap(row, column);
        auto bits = static_cast<uint32_t>(loaded[lane * matrices + matrix]);
        EXPECT_EQ(bits >> (16 * half) & 0xffff,
                  static_cast<uint32_t>((matrix * 8 + row) * 8 + column));
      }
}

INSTANTIATE_TEST_SUITE_P(Both, LoadMatrixTest, testing::Bool());

} // namespace
