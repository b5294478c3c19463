//===----------------------------------------------------------------------===//
// wgmma against plain loops. The images of its operands in shared memory are
// written by the layouts that CUTLASS gives for the 128-byte swizzle
// (mma_traits_sm90_gmma.hpp), the fragments as the PTX ISA words them
// ("Register fragments for wgmma.mma_async.m64nNk16"): neither is how the
// emulator computes them.
//===----------------------------------------------------------------------===//
#include "EmulatedBlock.h"

#include <cstring>

using namespace flm::emu;

namespace {

constexpr int m = 64, k = 16;

/// Swizzle<3, 4, 3> on byte addresses.
uint32_t swizzled(uint32_t address) {
  uint32_t mask = 0b111u << 7;
  return address ^ ((address & mask) >> 3);
}

struct OperandCase {
  bool registers = false; ///< A only
  bool transposed = false;
  /// Bytes from the tile's start to the operand: which step of the inner dim.
  int start = 0;
};

/// One operand in shared memory, at `base`: element (outer, depth) is at the
/// offset of CUTLASS's canonical layout, T = 8 elements in 16 bytes.
class Image {
public:
  Image(int base, int outers, const OperandCase &form)
      : base(base), form(form),
        // From 64 outer elements to the next (transposed), in bytes.
        leading(form.transposed ? 64 * 128 : 16),
        bytes(form.transposed ? (outers + 63) / 64 * 64 * 128 : outers * 128) {}

  uint32_t addressOf(int outer, int depth) const {
    constexpr int T = 8;
    int elements;
    if (form.transposed) // ((T,8,m),(8,k)) : ((1,T,LBO),(8T,SBO))
      elements = outer % T + outer / T % 8 * T + outer / 64 * (leading / 2) +
                 depth % 8 * 8 * T + depth / 8 * (stride / 2);
    else // ((8,m),(T,2)) : ((8T,SBO),(1,T))
      elements = outer % 8 * 8 * T + outer / 8 * (stride / 2) + depth % T +
                 depth / T * T;
    return swizzled(base + form.start + 2 * elements);
  }

  int64_t descriptor() const {
    auto field = [](int64_t bytes, int bit) {
      return (bytes >> 4 & 0x3fff) << bit;
    };
    return field(base + form.start, 0) | field(leading, 16) |
           field(stride, 32) | int64_t(1) << 62;
  }
  int end() const { return base + bytes; }

private:
  static constexpr int stride = 1024; ///< between groups of eight rows
  int base;
  OperandCase form;
  int leading, bytes;
};

struct Case {
  int n;
  OperandCase a, b;
  bool accumulate = false;
};

void PrintTo(const Case &c, std::ostream *os) {
  *os << "n " << c.n << (c.a.registers ? ", A in registers" : "")
      << (c.a.transposed ? ", A transposed" : "")
      << (c.b.transposed ? ", B transposed" : "") << ", starts " << c.a.start
      << ", " << c.b.start << (c.accumulate ? ", accumulates" : "");
}

class WgmmaTest : public testing::TestWithParam<Case> {};

TEST_P(WgmmaTest, MultipliesAsPlainLoops) {
  const Case &c = GetParam();
  int n = c.n;
  std::vector<float> a = smallIntegers(m * k, 1), b = smallIntegers(n * k, 2),
                     before = smallIntegers(m * n, 3), after(m * n);
  Image imageA(0, m, c.a), imageB(imageA.end(), n, c.b);

  runBlock(128, imageB.end(), [&](int thread) {
    auto *shared = static_cast<char *>(flm_emu_shared_base());
    auto write = [&](const Image &image, int outer, int depth, float value) {
      uint16_t bits = roundToBf16(value);
      std::memcpy(shared + image.addressOf(outer, depth), &bits, 2);
    };
    if (thread == 0)
      for (int depth = 0; depth < k; ++depth) {
        for (int row = 0; row < m && !c.a.registers; ++row)
          write(imageA, row, depth, a[row * k + depth]);
        for (int column = 0; column < n; ++column)
          write(imageB, column, depth, b[column * k + depth]);
      }
    flm_emu_barrier(0, 128, "operands written");

    int groupId = thread % 32 >> 2, inGroup = thread % 4;
    int warpRow = 16 * (thread / 32);
    int32_t fragment[4];
    for (int reg = 0; reg < 4; ++reg) {
      int row = warpRow + groupId + (reg & 1 ? 8 : 0);
      int depth = inGroup * 2 + (reg >= 2 ? 8 : 0);
      fragment[reg] = static_cast<int32_t>(
          packPair(a[row * k + depth], a[row * k + depth + 1]));
    }
    auto elementAt = [&](int i) {
      int row = warpRow + groupId + (i & 2 ? 8 : 0);
      return row * n + i / 4 * 8 + inGroup * 2 + (i & 1);
    };
    std::vector<float> results(n / 2);
    for (int i = 0; i < n / 2; ++i)
      results[i] = before[elementAt(i)];
    flm_emu_wgmma_fence("fence");
    flm_emu_wgmma(n, c.a.transposed, c.b.transposed, c.accumulate,
                  c.a.registers ? fragment : nullptr,
                  c.a.registers ? 0 : imageA.descriptor(), imageB.descriptor(),
                  results.data(), "wgmma");
    flm_emu_wgmma_commit("commit");
    flm_emu_wgmma_wait(0, "wait");
    for (int i = 0; i < n / 2; ++i)
      after[elementAt(i)] = results[i];
  });

  for (int row = 0; row < m; ++row)
    for (int column = 0; column < n; ++column) {
      float expected = c.accumulate ? before[row * n + column] : 0;
      for (int i = 0; i < k; ++i)
        expected += a[row * k + i] * b[column * k + i];
      ASSERT_EQ(after[row * n + column], expected) << row << ", " << column;
    }
}

constexpr OperandCase plain{}, transposed{false, true, 0}, inRegisters{true};
INSTANTIATE_TEST_SUITE_P(
    Forms, WgmmaTest,
    testing::Values(Case{8, plain, plain}, Case{256, plain, plain},
                    Case{128, transposed, plain}, Case{128, plain, transposed},
                    Case{256, transposed, transposed},
                    Case{64, inRegisters, plain},
                    Case{192, inRegisters, transposed, true},
                    Case{64, plain, plain, true},
                    // The second to fourth sixteen of the inner dim: 32 bytes
                    // along a row, or 16 rows down.
                    Case{128, {false, false, 32}, {false, false, 96}},
                    Case{128, {false, true, 2048}, {false, true, 4096}}));

} // namespace
