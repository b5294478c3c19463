//===----------------------------------------------------------------------===//
// Attention kernels against plain loops, on sizes that divide nothing.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Attention.h"
#include "test/codegen/cpu/AttentionReference.h"
#include "test/codegen/cpu/GuardedBuffer.h"
#include "test/codegen/cpu/KernelJit.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <random>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

/// Numbers as a kernel sees them: f32, or the upper halves of them (bf16).
struct Array {
  std::vector<float> values;
  bool bf16;

  size_t elementBytes() const { return bf16 ? 2 : 4; }
  size_t bytes() const { return values.size() * elementBytes(); }

  void write(unsigned char *to) const {
    for (float value : values) {
      const auto *from = reinterpret_cast<const unsigned char *>(&value);
      to = std::copy_n(from + 4 - elementBytes(), elementBytes(), to);
    }
  }
  void read(const unsigned char *from) {
    for (float &value : values) {
      value = 0;
      auto *to = reinterpret_cast<unsigned char *>(&value);
      std::copy_n(from, elementBytes(), to + 4 - elementBytes());
      from += elementBytes();
    }
  }
};

/// To the nearest bf16, ties to even.
float toBf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  std::memcpy(&value, &bits, 4);
  return value;
}

Array randomRows(size_t count, unsigned seed, float size, bool bf16) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, size);
  Array array{std::vector<float>(count), bf16};
  for (float &value : array.values)
    value = bf16 ? toBf16(normal(generator)) : normal(generator);
  return array;
}

Array rounded(const std::vector<Expected> &expected, bool bf16) {
  Array array{{}, bf16};
  for (const Expected &e : expected)
    array.values.push_back(bf16 ? toBf16(float(e.value)) : float(e.value));
  return array;
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
  bool bf16 = false;
};

void PrintTo(const Case &c, std::ostream *os) {
  *os << "b" << c.batch << " s" << c.seq << " h" << c.heads << " d" << c.headDim
      << (c.causal ? " causal " : " full ") << c.cpu << " x" << c.size
      << (c.bf16 ? " bf16" : "");
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
    mlir::Builder types(&test.context());
    problem = {c.batch,
               c.seq,
               c.heads,
               c.headDim,
               c.causal,
               c.bf16 ? mlir::Type(types.getBF16Type())
                      : mlir::Type(types.getF32Type())};
    size_t count = c.batch * c.seq * c.heads * c.headDim;
    q = randomRows(count, 1, c.size, c.bf16);
    k = randomRows(count, 2, c.size, c.bf16);
    v = randomRows(count, 3, c.size, c.bf16);
    dOut = randomRows(count, 4, c.size, c.bf16);
    reference = std::make_unique<AttentionReference>(
        problem, q.values, k.values, v.values, dOut.values,
        c.bf16 ? 0x1p-8 : 0x1p-24);
  }

  /// Runs the kernel twice, with its tasks in either order, and expects the
  /// same bits in `outputs`, which have the right sizes.
  void run(const CpuKernel &kernel, const std::vector<Array> &inputs,
           const std::vector<Array *> &outputs) {
    ASSERT_TRUE(kernel.function);
    auto jit = KernelJit::compile(test.module(), target);
    ASSERT_TRUE(jit);
    runInOrder(*jit, kernel, inputs, outputs, TaskOrder::Reverse);
    std::vector<Array> reversed;
    for (Array *output : outputs)
      reversed.push_back(*output);
    runInOrder(*jit, kernel, inputs, outputs, TaskOrder::Forward);
    for (size_t i = 0; i < outputs.size(); ++i)
      EXPECT_EQ(std::memcmp(outputs[i]->values.data(),
                            reversed[i].values.data(),
                            outputs[i]->values.size() * sizeof(float)),
                0)
          << "result " << i << " depends on the order of tasks";
  }

  void runInOrder(KernelJit &jit, const CpuKernel &kernel,
                  const std::vector<Array> &inputs,
                  const std::vector<Array *> &outputs, TaskOrder order) {
    std::vector<std::unique_ptr<GuardedBuffer<unsigned char>>> buffers;
    std::vector<void *> pointers;
    auto add = [&](const Array &array) {
      buffers.push_back(
          std::make_unique<GuardedBuffer<unsigned char>>(array.bytes()));
      pointers.push_back(buffers.back()->data());
      return buffers.back()->data();
    };
    for (const Array &input : inputs)
      input.write(add(input));
    for (Array *output : outputs)
      std::memset(add(*output), 0xff, output->bytes()); // NaN
    jit.run(kernel, pointers, order);
    for (size_t i = 0; i < buffers.size(); ++i)
      EXPECT_TRUE(buffers[i]->marginIntact()) << "a write before operand " << i;
    for (size_t i = 0; i < inputs.size(); ++i) {
      Array after = inputs[i];
      after.read(buffers[i]->data());
      EXPECT_EQ(std::memcmp(after.values.data(), inputs[i].values.data(),
                            after.values.size() * sizeof(float)),
                0)
          << "input " << i << " was changed";
    }
    for (size_t i = 0; i < outputs.size(); ++i)
      outputs[i]->read(buffers[inputs.size() + i]->data());
  }

  KernelTest test;
  CpuTarget target;
  AttentionProblem problem;
  Array q, k, v, dOut;
  std::unique_ptr<AttentionReference> reference;
};

TEST_P(Attention, Forward) {
  mlir::OpBuilder builder = test.builder();
  CpuKernel kernel =
      buildAttentionForward(builder, test.loc(), "attention", problem, target);
  Array out = q;
  Array lse{std::vector<float>(reference->lse.size()), /*bf16=*/false};
  run(kernel, {q, k, v}, {&out, &lse});
  expectClose("out", out.values, reference->out);
  expectClose("lse", lse.values, reference->lse);
}

TEST_P(Attention, Backward) {
  mlir::OpBuilder builder = test.builder();
  CpuKernel kernel = buildAttentionBackward(
      builder, test.loc(), "attention_backward", problem, target);
  Array out = rounded(reference->out, q.bf16);
  Array lse = rounded(reference->lse, /*bf16=*/false);
  Array dQ = q, dK = q, dV = q;
  run(kernel, {dOut, q, k, v, out, lse}, {&dQ, &dK, &dV});
  expectClose("dQ", dQ.values, reference->dQ);
  expectClose("dK", dK.values, reference->dK);
  expectClose("dV", dV.values, reference->dV);
}

class AttentionOfNaN : public Attention {};

// A diverged model must not look sane.
TEST_P(AttentionOfNaN, IsNaN) {
  mlir::OpBuilder builder = test.builder();
  CpuKernel kernel =
      buildAttentionForward(builder, test.loc(), "attention", problem, target);
  const size_t width = problem.heads * problem.headDim;
  const size_t row = 20;
  q.values[row * width + 3] = NAN; // head 0
  Array out = q;
  Array lse{std::vector<float>(reference->lse.size()), /*bf16=*/false};
  run(kernel, {q, k, v}, {&out, &lse});
  for (size_t i = 0; i < out.values.size(); ++i) {
    bool expected = i / width == row && i % width < size_t(problem.headDim);
    ASSERT_EQ(std::isnan(out.values[i]), expected) << "out[" << i << "]";
  }
  for (size_t i = 0; i < lse.values.size(); ++i)
    ASSERT_EQ(std::isnan(lse.values[i]), i == row) << "lse[" << i << "]";
}

INSTANTIATE_TEST_SUITE_P(Targets, AttentionOfNaN,
                         testing::Values(Case{1, 77, 2, 20, true, "native"},
                                         Case{1, 77, 2, 20, true,
                                              "x86-64-v2"}));

INSTANTIATE_TEST_SUITE_P(
    Bf16, Attention,
    testing::Values(Case{1, 77, 2, 64, true, "native", 1, true},
                    Case{2, 13, 3, 20, false, "native", 1, true},
                    Case{1, 77, 1, 36, true, "haswell", 1, true},
                    Case{1, 13, 1, 20, true, "x86-64-v2", 1, true}));

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
                    Case{2, 300, 2, 20, true}, Case{1, 530, 1, 32, false}));

INSTANTIATE_TEST_SUITE_P(Targets, Attention,
                         testing::Values(Case{1, 77, 2, 64, true, "haswell"},
                                         Case{1, 300, 1, 64, true, "haswell"},
                                         Case{1, 200, 1, 64, true, "x86-64-v2"},
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

} // namespace
