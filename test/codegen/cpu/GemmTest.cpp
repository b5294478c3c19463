//===----------------------------------------------------------------------===//
// GEMM kernels against plain loops: every layout, odd sizes, several blocks and
// tasks, on the host's vectors and on narrower ones.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Gemm.h"
#include "codegen/cpu/KernelBuilder.h"
#include "test/codegen/cpu/GuardedBuffer.h"
#include "test/codegen/cpu/KernelJit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Diagnostics.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <random>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

/// A target by the name that appears in test names.
CpuTarget target(const std::string &cpu) {
  return llvm::cantFail(namedTarget(cpu));
}

/// One GEMM: its kernel and its data.
template <typename T> class Gemm {
public:
  Gemm(const GemmProblem &problem, const GemmSchedule &schedule)
      : problem(problem), schedule(schedule), a(problem.m * problem.k),
        b(problem.k * problem.n), c(problem.m * problem.n),
        before(problem.m * problem.n) {
    std::mt19937 random(problem.m * 1009 + problem.n * 101 + problem.k);
    std::uniform_real_distribution<T> uniform(-1, 1);
    for (size_t i = 0; i < a.size(); ++i)
      a[i] = uniform(random);
    for (size_t i = 0; i < b.size(); ++i)
      b[i] = uniform(random);
    for (T &x : before)
      x = uniform(random);
  }

  /// Puts back what C held: numbers to add to, or NaN that must not be read.
  void resetC() {
    for (size_t i = 0; i < c.size(); ++i)
      c[i] =
          problem.accumulate ? before[i] : std::numeric_limits<T>::quiet_NaN();
  }

  T elementOfA(int64_t i, int64_t p) {
    return problem.layout == GemmLayout::TN ? a[p * problem.m + i]
                                            : a[i * problem.k + p];
  }
  T elementOfB(int64_t p, int64_t j) {
    return problem.layout == GemmLayout::NT ? b[j * problem.k + p]
                                            : b[p * problem.n + j];
  }

  std::string describe() const {
    return (name(problem.layout) + " " + std::to_string(problem.m) + "x" +
            std::to_string(problem.n) + "x" + std::to_string(problem.k) +
            (problem.accumulate ? " accumulate" : ""))
        .str();
  }

  /// Compares C with sums in higher precision. The bound is the worst case of
  /// the order of summation that Gemm.h promises: blocks of kBlock, then block
  /// after block, each rounding off by half a unit in the last place.
  void check() {
    int64_t blocks = (problem.k + schedule.kBlock - 1) / schedule.kBlock;
    long double roundings =
        std::min(problem.k, schedule.kBlock) + blocks + problem.accumulate;
    // Without fused multiply-add the products round too.
    roundings += 1;
    long double unit = std::numeric_limits<T>::epsilon() / 2;
    for (int64_t i = 0; i < problem.m; ++i)
      for (int64_t j = 0; j < problem.n; ++j) {
        long double sum = problem.accumulate ? before[i * problem.n + j] : T(0);
        long double magnitude = std::abs(sum);
        for (int64_t p = 0; p < problem.k; ++p) {
          long double product =
              static_cast<long double>(elementOfA(i, p)) * elementOfB(p, j);
          sum += product;
          magnitude += std::abs(product);
        }
        long double error = std::abs(c[i * problem.n + j] - sum);
        ASSERT_TRUE(error <= roundings * unit * magnitude)
            << describe() << ": C[" << i << "," << j << "] is "
            << c[i * problem.n + j] << ", expected " << (double)sum
            << " within " << (double)(roundings * unit * magnitude);
      }
    ASSERT_TRUE(c.marginIntact()) << describe() << " wrote before C";
    ASSERT_TRUE(a.marginIntact() && b.marginIntact()) << describe();
  }

  GemmProblem problem;
  GemmSchedule schedule;
  CpuKernel kernel;
  GuardedBuffer<T> a, b, c;
  std::vector<T> before;
};

/// Builds all of `gemms` in one module, runs them and checks each.
template <typename T>
void runAll(KernelTest &test, std::vector<std::unique_ptr<Gemm<T>>> &gemms,
            const CpuTarget &target) {
  mlir::OpBuilder builder = test.builder();
  for (auto [i, gemm] : llvm::enumerate(gemms)) {
    auto kernel =
        buildGemmKernel(builder, test.loc(), "gemm" + std::to_string(i),
                        gemm->problem, gemm->schedule, target);
    ASSERT_TRUE(mlir::succeeded(kernel)) << gemm->describe();
    gemm->kernel = *kernel;
  }
  auto jit = KernelJit::compile(test.module(), target);
  ASSERT_TRUE(jit);
  for (auto &gemm : gemms) {
    gemm->resetC();
    jit->run(gemm->kernel, {gemm->a.data(), gemm->b.data(), gemm->c.data()});
    gemm->check();
    if (testing::Test::HasFatalFailure())
      return;

    std::vector<T> forward(gemm->c.data(), gemm->c.data() + gemm->c.size());
    gemm->resetC();
    jit->run(gemm->kernel, {gemm->a.data(), gemm->b.data(), gemm->c.data()},
             TaskOrder::Reverse);
    ASSERT_EQ(
        std::memcmp(forward.data(), gemm->c.data(), forward.size() * sizeof(T)),
        0)
        << gemm->describe() << " depends on the order of its tasks";
  }
}

using Case = std::tuple<GemmLayout, bool, std::string>;

std::string caseName(const testing::TestParamInfo<Case> &info) {
  auto [layout, accumulate, cpu] = info.param;
  std::string text =
      name(layout).str() + (accumulate ? "_accumulate_" : "_overwrite_") + cpu;
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

class GemmKernels : public testing::TestWithParam<Case> {
protected:
  void SetUp() override {
    auto [layout, accumulate, cpu] = GetParam();
    cpuTarget = target(cpu);
    if (!hostCanRun(cpuTarget))
      GTEST_SKIP() << "this machine cannot run " << cpu;
  }

  GemmProblem problem(int64_t m, int64_t n, int64_t k, mlir::Type type) {
    auto [layout, accumulate, cpu] = GetParam();
    GemmProblem problem;
    problem.layout = layout;
    problem.accumulate = accumulate;
    problem.m = m, problem.n = n, problem.k = k;
    problem.inputType = problem.outputType = type;
    return problem;
  }

  mlir::Type f32(KernelTest &test) {
    return mlir::Float32Type::get(&test.context());
  }

  CpuTarget cpuTarget;
};

} // namespace

TEST_P(GemmKernels, OddSizes) {
  KernelTest test;
  std::vector<std::unique_ptr<Gemm<float>>> gemms;
  // Every pair (m, n), and with each a k such that all pairs (m, k) and (n, k)
  // occur too.
  std::vector<int64_t> sizes = {1, 3, 8, 17, 32, 33, 100};
  if (std::get<2>(GetParam()) != "native")
    sizes = {1, 3, 17, 32, 100}; // the same code with other numbers
  for (size_t i = 0; i < sizes.size(); ++i)
    for (size_t j = 0; j < sizes.size(); ++j) {
      int64_t k = sizes[(i + j) % sizes.size()];
      GemmProblem p = problem(sizes[i], sizes[j], k, f32(test));
      gemms.push_back(
          std::make_unique<Gemm<float>>(p, selectGemmSchedule(p, cpuTarget)));
    }
  runAll(test, gemms, cpuTarget);
}

TEST_P(GemmKernels, ManyBlocksAndTasks) {
  KernelTest test;
  std::vector<std::unique_ptr<Gemm<float>>> gemms;
  for (auto [m, n, k] : {std::tuple<int64_t, int64_t, int64_t>{150, 130, 170},
                         {96, 96, 96},
                         {101, 67, 131},
                         {5, 200, 333}}) {
    GemmProblem p = problem(m, n, k, f32(test));
    GemmSchedule schedule = selectGemmSchedule(p, cpuTarget);
    // The smallest blocks that are allowed: every loop runs several times.
    schedule.kBlock = 2 * schedule.lanes;
    schedule.rowBlock = std::lcm(schedule.tileRows, schedule.lanes);
    schedule.taskRows = 2 * schedule.rowBlock;
    schedule.taskColumns = 2 * schedule.tileColumns();
    gemms.push_back(std::make_unique<Gemm<float>>(p, schedule));
  }
  runAll(test, gemms, cpuTarget);
}

TEST_P(GemmKernels, SelectedSchedulesOfLargerSizes) {
  KernelTest test;
  std::vector<std::unique_ptr<Gemm<float>>> gemms;
  for (auto [m, n, k] : {std::tuple<int64_t, int64_t, int64_t>{70, 250, 1333},
                         {1100, 230, 40},
                         {140, 20, 800}}) {
    GemmProblem p = problem(m, n, k, f32(test));
    gemms.push_back(
        std::make_unique<Gemm<float>>(p, selectGemmSchedule(p, cpuTarget)));
  }
  runAll(test, gemms, cpuTarget);
}

TEST_P(GemmKernels, DoublePrecision) {
  KernelTest test;
  std::vector<std::unique_ptr<Gemm<double>>> gemms;
  for (auto [m, n, k] :
       {std::tuple<int64_t, int64_t, int64_t>{33, 47, 61}, {1, 5, 700}}) {
    GemmProblem p = problem(m, n, k, mlir::Float64Type::get(&test.context()));
    gemms.push_back(
        std::make_unique<Gemm<double>>(p, selectGemmSchedule(p, cpuTarget)));
  }
  runAll(test, gemms, cpuTarget);
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, GemmKernels,
    testing::Combine(testing::Values(GemmLayout::NT, GemmLayout::NN,
                                     GemmLayout::TN),
                     testing::Bool(),
                     testing::Values("native", "x86-64-v3", "x86-64-v2")),
    caseName);

TEST(GemmEpilogues, AppliesOnceToTheWholeSum) {
  for (int64_t kBlocks : {1, 3}) {
    KernelTest test;
    CpuTarget cpuTarget = hostTarget();
    GemmProblem p;
    p.m = 21, p.n = 37, p.k = 100;
    p.inputType = p.outputType = mlir::Float32Type::get(&test.context());
    GemmSchedule schedule = selectGemmSchedule(p, cpuTarget);
    if (kBlocks > 1)
      schedule.kBlock = 3 * schedule.lanes;

    GemmEpilogue epilogue; // C = residual + 2 * sum
    epilogue.operands.push_back(
        mlir::MemRefType::get({p.m, p.n}, p.outputType));
    epilogue.apply = [](KernelBuilder &k, mlir::Value sum,
                        llvm::ArrayRef<mlir::Value> operands) -> mlir::Value {
      mlir::Value twice = mlir::arith::AddFOp::create(k, sum, sum);
      return mlir::arith::AddFOp::create(k, operands[0], twice);
    };
    mlir::OpBuilder builder = test.builder();
    auto kernel = buildGemmKernel(builder, test.loc(), "gemm", p, schedule,
                                  cpuTarget, epilogue);
    ASSERT_TRUE(mlir::succeeded(kernel));
    auto jit = KernelJit::compile(test.module(), cpuTarget);
    ASSERT_TRUE(jit);

    GuardedBuffer<float> a(p.m * p.k), b(p.n * p.k), c(p.m * p.n),
        residual(p.m * p.n);
    std::mt19937 random(1);
    std::uniform_int_distribution<int> small(-3, 3); // sums are exact
    for (auto *buffer : {&a, &b, &residual})
      for (size_t i = 0; i < buffer->size(); ++i)
        (*buffer)[i] = small(random);
    jit->run(*kernel, {a.data(), b.data(), c.data(), residual.data()});
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j) {
        float sum = 0;
        for (int64_t q = 0; q < p.k; ++q)
          sum += a[i * p.k + q] * b[j * p.k + q];
        ASSERT_EQ(c[i * p.n + j], residual[i * p.n + j] + 2 * sum)
            << i << "," << j;
      }
  }
}

namespace {

/// What is reported for a problem and schedule changed by `spoil`.
template <typename Spoil> std::string errorOf(Spoil spoil) {
  KernelTest test;
  CpuTarget cpuTarget = target("x86-64-v3");
  GemmProblem p;
  p.m = p.n = p.k = 64;
  p.inputType = p.outputType = mlir::Float32Type::get(&test.context());
  GemmSchedule schedule = selectGemmSchedule(p, cpuTarget);
  spoil(p, schedule);
  std::string message;
  mlir::ScopedDiagnosticHandler handler(&test.context(),
                                        [&](mlir::Diagnostic &diagnostic) {
                                          message = diagnostic.str();
                                          return mlir::success();
                                        });
  mlir::OpBuilder builder = test.builder();
  EXPECT_TRUE(mlir::failed(
      buildGemmKernel(builder, test.loc(), "gemm", p, schedule, cpuTarget)));
  return message;
}

} // namespace

TEST(GemmErrors, SayWhatDoesNotFit) {
  EXPECT_EQ(errorOf([](GemmProblem &p, GemmSchedule &) { p.k = 0; }),
            "a GEMM of 64 x 64 x 0 has no elements; expected sizes of at least "
            "1");
  EXPECT_EQ(errorOf([](GemmProblem &p, GemmSchedule &) {
              p.inputType = mlir::BFloat16Type::get(p.inputType.getContext());
            }),
            "no CPU GEMM from 'bf16' to 'f32'; expected f32 or f64 for both");
  EXPECT_EQ(errorOf([](GemmProblem &, GemmSchedule &s) { s.tileRows = 8; }),
            "a tile of 8 x 2 vectors needs 19 registers; x86-64-v3 has 16");
  EXPECT_EQ(errorOf([](GemmProblem &, GemmSchedule &s) { s.kBlock = 60; }),
            "kBlock 60 is not a multiple of 8 lanes");
  EXPECT_EQ(errorOf([](GemmProblem &, GemmSchedule &s) { s.lanes = 16; }),
            "schedule of 16 lanes on a CPU with 8");
  EXPECT_NE(errorOf([](GemmProblem &, GemmSchedule &s) {
              s.taskColumns = 24;
            }).find("not a whole number of tiles of 16"),
            std::string::npos);
}

TEST(GemmSchedules, FitTheirTargets) {
  KernelTest test;
  for (const char *cpu : {"x86-64-v2", "x86-64-v3", "x86-64-v4"})
    for (GemmLayout layout : {GemmLayout::NT, GemmLayout::NN, GemmLayout::TN})
      for (int64_t m : {1, 7, 250, 768, 2048, 50257})
        for (int64_t n : {1, 7, 768, 50257})
          for (int64_t k : {1, 333, 50257}) {
            GemmProblem p;
            p.layout = layout;
            p.m = m, p.n = n, p.k = k;
            p.inputType = p.outputType =
                mlir::Float32Type::get(&test.context());
            CpuTarget cpuTarget = target(cpu);
            GemmSchedule s = selectGemmSchedule(p, cpuTarget);
            EXPECT_TRUE(
                mlir::succeeded(verifyGemm(test.loc(), p, s, cpuTarget)));
            int64_t bytes = (s.rowBlock + s.taskColumns) * s.kBlock * 4;
            EXPECT_LE(bytes, cpuTarget.l2Bytes);
          }
}
