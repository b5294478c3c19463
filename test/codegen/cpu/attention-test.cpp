//===----------------------------------------------------------------------===//
// Attention kernels against plain loops, on sizes that divide nothing.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Attention.h"
#include "test/codegen/cpu/GuardedBuffer.h"
#include "test/codegen/cpu/KernelJit.h"
#include "test/codegen/cpu/attention-reference.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <random>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

std::vector<float> randomRows(size_t count, unsigned seed, float size) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, size);
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(generator);
  return values;
}

std::vector<float> rounded(const std::vector<Expected> &expected) {
  std::vector<float> values;
  for (const Expected &e : expected)
    values.push_back(float(e.value));
  return values;
}

void expectClose(const char *what, const std::vector<float> &found,
                 const std::vector<Expected> &expected) {
  ASSERT_EQ(found.size(), expected.size());
  int shown = 0;
  double worst = 0;
  for (size_t i = 0; i < found.size() && shown < 5; ++i) {
    double error = std::abs(found[i] - expected[i].value);
    worst = std::max(worst, error / expected[i].tolerance);
    if (!(error <= expected[i].tolerance)) {
      ++shown;
      ADD_FAILURE() << what << "[" << i << "] is " << found[i] << "; expected "
                    << expected[i].value << " +- " << expected[i].tolerance;
    }
  }
  testing::Test::RecordProperty(std::string(what) + "-error-over-tolerance",
                                std::to_string(worst));
}

struct Case {
  int64_t batch, seq, heads, headDim;
  bool causal;
  const char *cpu = "native";
  float size = 1; ///< standard deviation of the operands
};

void PrintTo(const Case &c, std::ostream *os) {
  *os << "b" << c.batch << " s" << c.seq << " h" << c.heads << " d" << c.headDim
      << (c.causal ? " causal " : " full ") << c.cpu << " x" << c.size;
}

class Attention : public testing::TestWithParam<Case> {
protected:
  void SetUp() override {
    const Case &c = GetParam();
    auto found = namedTarget(c.cpu);
    ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
    target = *found;
    if (!hostCanRun(target))
      GTEST_SKIP() << "this machine cannot run code for " << c.cpu;
    problem = {c.batch,   c.seq,    c.heads,
               c.headDim, c.causal, test.builder().getF32Type()};
    size_t count = c.batch * c.seq * c.heads * c.headDim;
    q = randomRows(count, 1, c.size);
    k = randomRows(count, 2, c.size);
    v = randomRows(count, 3, c.size);
    dOut = randomRows(count, 4, c.size);
    reference =
        std::make_unique<AttentionReference>(problem, q, k, v, dOut, 0x1p-24);
  }

  /// Runs the kernel twice, with its tasks in either order, and expects the
  /// same bits. The last arrays, of the given sizes, are its results.
  std::vector<std::vector<float>>
  run(const CpuKernel &kernel, const std::vector<std::vector<float>> &inputs,
      const std::vector<size_t> &outputSizes) {
    auto jit = KernelJit::compile(test.module(), target);
    std::vector<std::vector<float>> results[2];
    if (!jit)
      return results[0];
    for (TaskOrder order : {TaskOrder::Forward, TaskOrder::Reverse}) {
      std::vector<std::unique_ptr<GuardedBuffer<float>>> arrays;
      std::vector<void *> pointers;
      auto add = [&](size_t size) -> float * {
        arrays.push_back(std::make_unique<GuardedBuffer<float>>(size));
        pointers.push_back(arrays.back()->data());
        return arrays.back()->data();
      };
      for (const auto &input : inputs)
        std::copy(input.begin(), input.end(), add(input.size()));
      for (size_t size : outputSizes)
        std::fill_n(add(size), size, NAN);
      jit->run(kernel, pointers, order);
      for (size_t i = 0; i < arrays.size(); ++i) {
        EXPECT_TRUE(arrays[i]->marginIntact()) << "before operand " << i;
        if (i < inputs.size())
          EXPECT_EQ(std::memcmp(arrays[i]->data(), inputs[i].data(),
                                inputs[i].size() * sizeof(float)),
                    0)
              << "input " << i << " was changed";
        else
          results[order == TaskOrder::Reverse].emplace_back(
              arrays[i]->data(), arrays[i]->data() + arrays[i]->size());
      }
    }
    for (size_t i = 0; i < outputSizes.size(); ++i)
      EXPECT_EQ(std::memcmp(results[0][i].data(), results[1][i].data(),
                            outputSizes[i] * sizeof(float)),
                0)
          << "result " << i << " depends on the order of tasks";
    return results[0];
  }

  KernelTest test;
  CpuTarget target;
  AttentionProblem problem;
  std::vector<float> q, k, v, dOut;
  std::unique_ptr<AttentionReference> reference;
};

TEST_P(Attention, Forward) {
  mlir::OpBuilder builder = test.builder();
  CpuKernel kernel =
      buildAttentionForward(builder, test.loc(), "attention", problem, target);
  ASSERT_TRUE(kernel.function);
  auto results =
      run(kernel, {q, k, v}, {reference->out.size(), reference->lse.size()});
  ASSERT_EQ(results.size(), 2u);
  expectClose("out", results[0], reference->out);
  expectClose("lse", results[1], reference->lse);
}

TEST_P(Attention, Backward) {
  mlir::OpBuilder builder = test.builder();
  CpuKernel kernel = buildAttentionBackward(
      builder, test.loc(), "attention_backward", problem, target);
  ASSERT_TRUE(kernel.function);
  auto results = run(
      kernel, {dOut, q, k, v, rounded(reference->out), rounded(reference->lse)},
      {q.size(), q.size(), q.size()});
  ASSERT_EQ(results.size(), 3u);
  expectClose("dQ", results[0], reference->dQ);
  expectClose("dK", results[1], reference->dK);
  expectClose("dV", results[2], reference->dV);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, Attention,
    testing::Values(Case{1, 1, 1, 4, true}, Case{2, 1, 3, 64, false},
                    Case{1, 5, 2, 20, true}, Case{3, 5, 1, 4, false},
                    Case{2, 13, 2, 32, true}, Case{1, 13, 3, 80, false},
                    Case{1, 64, 2, 64, true}, Case{1, 64, 1, 128, false},
                    Case{2, 77, 3, 64, true}, Case{1, 77, 2, 128, true},
                    Case{1, 77, 2, 20, false}, Case{1, 130, 2, 80, true},
                    Case{2, 130, 1, 64, false}, Case{1, 130, 1, 128, true},
                    // More than one chunk of queries per head.
                    Case{1, 300, 2, 20, true}, Case{1, 530, 1, 32, false}));

INSTANTIATE_TEST_SUITE_P(Targets, Attention,
                         testing::Values(Case{1, 77, 2, 64, true, "haswell"},
                                         Case{1, 130, 1, 20, true, "haswell"},
                                         Case{1, 130, 1, 32, false, "haswell"},
                                         Case{1, 13, 2, 4, true, "x86-64-v2"},
                                         Case{1, 77, 1, 36, true, "x86-64-v2"},
                                         Case{1, 77, 1, 20, false,
                                              "x86-64-v2"}));

// Scores of some hundreds: exp of them would overflow, all weight is on a few
// keys, and most of the others underflow.
INSTANTIATE_TEST_SUITE_P(LargeScores, Attention,
                         testing::Values(Case{1, 77, 2, 64, true, "native", 8},
                                         Case{1, 77, 1, 20, false, "native",
                                              8}));

class AttentionLowering : public testing::Test {
protected:
  KernelTest test;
};

TEST_F(AttentionLowering, CallsNothing) {
  mlir::OpBuilder builder = test.builder();
  for (const char *cpu : {"native", "x86-64-v2"}) {
    CpuTarget target = llvm::cantFail(namedTarget(cpu));
    AttentionProblem problem{2, 130, 3, 20, true, builder.getF32Type()};
    std::string name = std::string("attention_") + cpu;
    buildAttentionForward(builder, test.loc(), name, problem, target);
    buildAttentionBackward(builder, test.loc(), name + "_backward", problem,
                           target);
  }
  ASSERT_TRUE(KernelJit::compile(test.module(), hostTarget()));
  test.module().walk([&](mlir::LLVM::CallOp call) {
    ADD_FAILURE() << "calls " << call.getCallee()->str();
  });
  for (auto function : test.module().getOps<mlir::LLVM::LLVMFuncOp>())
    EXPECT_FALSE(function.isExternal())
        << "declares " << function.getSymName().str();
}

TEST_F(AttentionLowering, TaskGridDependsOnTheProblemAlone) {
  mlir::OpBuilder builder = test.builder();
  AttentionProblem one{1, 4096, 1, 64, true, builder.getF32Type()};
  AttentionProblem many{8, 1024, 12, 64, true, builder.getF32Type()};
  CpuTarget target = hostTarget();
  EXPECT_GT(
      buildAttentionForward(builder, test.loc(), "one", one, target).tasks, 8);
  EXPECT_EQ(
      buildAttentionForward(builder, test.loc(), "many", many, target).tasks,
      96);
  EXPECT_EQ(
      buildAttentionBackward(builder, test.loc(), "back", many, target).tasks,
      96);
}

TEST_F(AttentionLowering, UnsupportedTypeIsAnError) {
  mlir::OpBuilder builder = test.builder();
  AttentionProblem problem{1, 8, 1, 8, true, builder.getF64Type()};
  std::string message;
  mlir::ScopedDiagnosticHandler handler(
      &test.context(),
      [&](mlir::Diagnostic &diagnostic) { message = diagnostic.str(); });
  CpuKernel kernel =
      buildAttentionForward(builder, test.loc(), "f64", problem, hostTarget());
  EXPECT_FALSE(kernel.function);
  EXPECT_NE(message.find("found 'f64'"), std::string::npos) << message;
}

} // namespace
