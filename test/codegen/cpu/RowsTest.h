//===----------------------------------------------------------------------===//
// What the tests of row kernels share: buffers with guard zones that convert to
// and from double, and a run in both task orders that must agree to the bit.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_CODEGEN_CPU_ROWSTEST_H
#define FLM_TEST_CODEGEN_CPU_ROWSTEST_H

#include "test/codegen/cpu/KernelJit.h"

#include "gtest/gtest.h"

#include <functional>

namespace flm::cpu::test {

enum class Kind { F32, BF16, I32 };

/// Rounding error of one operation, relative: half a unit in the last place.
double epsilonOf(Kind kind);

/// `count` elements between guard zones.
class Buffer {
public:
  /// All bits one: NaN, so that an element that is read or left unwritten
  /// shows.
  explicit Buffer(int64_t count, Kind kind = Kind::F32);

  /// Normally distributed, rounded to `kind`.
  static Buffer normal(int64_t count, int seed, Kind kind = Kind::F32,
                       double scale = 1);
  static Buffer of(std::initializer_list<double> values, Kind kind = Kind::F32);
  /// Tokens below `bound`.
  static Buffer tokens(int64_t count, int seed, int bound);

  double operator[](int64_t i) const;
  void set(int64_t i, double value);
  int64_t size() const { return count; }
  void *data() { return bytes.data() + guardBytes; }
  bool guardsIntact() const;
  /// The elements of `copy`, at the same address.
  void restore(const Buffer &copy);

  bool operator==(const Buffer &other) const { return bytes == other.bytes; }

private:
  static constexpr int64_t guardBytes = 256;
  int64_t count;
  Kind kind;
  std::vector<unsigned char> bytes;
};

/// The targets that every kernel is tested on, as far as this machine can run
/// them: wide, medium and narrow vectors, with and without fused multiply-add.
std::vector<std::string> testTargets();

/// Kernels of one module, compiled together and run.
class RowsTest : public testing::TestWithParam<std::string> {
public:
  static mlir::Type typeOf(KernelTest &test, Kind kind);
  mlir::Type type(Kind kind) { return typeOf(kernels, kind); }
  mlir::OpBuilder builder() { return kernels.builder(); }
  mlir::Location loc() { return kernels.loc(); }
  mlir::ModuleOp module() { return kernels.module(); }
  const CpuTarget &target() const { return cpuTarget; }
  /// The activation types to test: bf16 only where the CPU converts to it.
  std::vector<Kind> kinds() const;
  /// A fresh symbol for the next kernel.
  std::string symbol() { return "kernel" + std::to_string(symbols++); }

  /// After all kernels are built; false, and a failure, if it did not work.
  [[nodiscard]] bool compile();

  /// Runs the kernel's tasks forward, and again on the same inputs in reverse:
  /// the buffers must end with the same bits and intact guards.
  void run(const CpuKernel &kernel, std::vector<Buffer *> buffers);

protected:
  void SetUp() override;

private:
  KernelTest kernels;
  CpuTarget cpuTarget;
  std::unique_ptr<KernelJit> jit;
  int symbols = 0;
};

/// Expects |actual[i] - expected(i)| <= tolerance(i).
void expectNear(const Buffer &actual,
                const std::function<double(int64_t)> &expected,
                const std::function<double(int64_t)> &tolerance,
                const std::string &what);

} // namespace flm::cpu::test

#define FLM_INSTANTIATE_ROWS_TEST(fixture)                                     \
  INSTANTIATE_TEST_SUITE_P(                                                    \
      , fixture, testing::ValuesIn(::flm::cpu::test::testTargets()),           \
      [](const testing::TestParamInfo<std::string> &info) {                    \
        std::string name = info.param;                                         \
        for (char &c : name)                                                   \
          if (!isalnum(c))                                                     \
            c = '_';                                                           \
        return name;                                                           \
      })

#endif // FLM_TEST_CODEGEN_CPU_ROWSTEST_H
