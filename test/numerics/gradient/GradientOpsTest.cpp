//===----------------------------------------------------------------------===//
// Each gradient op against finite differences of its forward op.
//===----------------------------------------------------------------------===//
#include "test/numerics/Program.h"
#include "test/numerics/gradient/FiniteDifferences.h"

#include "llvm/ADT/STLExtras.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace flm::numerics;
using llvm::SmallVector;
using llvm::StringRef;

namespace {
/// A forward op and the ops that claim to be its gradient.
struct OpGradient {
  /// Arguments of both programs ("%x: [...] f64, ...").
  StringRef arguments;
  /// Computes and returns one value of type `resultType`.
  StringRef forward, resultType;
  /// Also has the argument %dy of `resultType`; returns one gradient for each
  /// argument in `with`.
  StringRef backward;
  SmallVector<unsigned> with;
  /// Arguments that are indices below `indexCount`.
  SmallVector<unsigned> indices = {};
  int64_t indexCount = 0;
};
} // namespace

/// Compares the gradients of sum(dy * forward(arguments)), dy random.
static void expectRightGradients(const OpGradient &op) {
  Program forward = Program::of(op.arguments, op.forward);
  Program backward = Program::of(
      (op.arguments + ", %dy: " + op.resultType).str(), op.backward);

  SmallVector<Tensor> arguments;
  unsigned count = backward.op()->getRegion(0).getNumArguments();
  for (unsigned i = 0; i < count; ++i) {
    SmallVector<int64_t> shape = backward.argumentShape(i);
    arguments.push_back(llvm::is_contained(op.indices, i)
                            ? randomIndices(shape, op.indexCount, i)
                            : randomNormal(shape, i));
  }
  SmallVector<Tensor> gradients = backward.run(arguments);
  ASSERT_EQ(gradients.size(), op.with.size());

  Tensor dy = arguments.pop_back_val();
  auto weightedSum = [&] {
    SmallVector<Tensor> y = forward.run(arguments);
    return std::inner_product(dy.data.begin(), dy.data.end(),
                              y.front().data.begin(), 0.0);
  };
  for (auto [gradient, with] : llvm::zip(gradients, op.with)) {
    EXPECT_EQ(gradient.shape, arguments[with].shape);
    EXPECT_LE(
        gradientError(gradient, derivatives(weightedSum, arguments[with])),
        1e-7)
        << "with respect to argument " << with;
  }
}

TEST(GradientOps, Embedding) {
  expectRightGradients(
      {"%tokens: [b=3, s=5] i32, %table: [v=7, h=3] f64",
       "%y = embedding %tokens, %table : [b=3, s=5] i32, [v=7, h=3] f64\n"
       "return %y : [b=3, s=5, h=3] f64",
       "[b=3, s=5, h=3] f64",
       "%dtable = embedding_grad %dy, %tokens : [b=3, s=5, h=3] f64, [b=3, "
       "s=5] i32 -> [v=7, h=3] f64\n"
       "return %dtable : [v=7, h=3] f64",
       {1},
       {0},
       7});
}

TEST(GradientOps, Linear) {
  expectRightGradients(
      {"%x: [b=3, s=5, i=7] f64, %w: [o=11, i=7] f64",
       "%y = linear %x, %w : [b=3, s=5, i=7] f64 -> [b=3, s=5, o=11] f64\n"
       "return %y : [b=3, s=5, o=11] f64",
       "[b=3, s=5, o=11] f64",
       "%dx = linear_grad_x %dy, %w : [b=3, s=5, o=11] f64, [o=11, i=7] f64 -> "
       "[b=3, s=5, i=7] f64\n"
       "%dw = linear_grad_w %dy, %x : [b=3, s=5, o=11] f64, [b=3, s=5, i=7] "
       "f64 -> [o=11, i=7] f64\n"
       "return %dx, %dw : [b=3, s=5, i=7] f64, [o=11, i=7] f64",
       {0, 1}});
}

TEST(GradientOps, RmsNorm) {
  expectRightGradients(
      {"%x: [b=3, s=5, h=7] f64, %g: [h=7] f64",
       "%y = rms_norm %x, %g eps 0.125 : [b=3, s=5, h=7] f64\n"
       "return %y : [b=3, s=5, h=7] f64",
       "[b=3, s=5, h=7] f64",
       "%dx = rms_norm_grad_x %dy, %x, %g eps 0.125 : [b=3, s=5, h=7] f64\n"
       "%dg = rms_norm_grad_g %dy, %x eps 0.125 : [b=3, s=5, h=7] f64 -> [h=7] "
       "f64\n"
       "return %dx, %dg : [b=3, s=5, h=7] f64, [h=7] f64",
       {0, 1}});
}

TEST(GradientOps, LayerNorm) {
  expectRightGradients(
      {"%x: [b=3, s=5, h=7] f64, %g: [h=7] f64, %b: [h=7] f64",
       "%y = layer_norm %x, %g, %b eps 0.125 : [b=3, s=5, h=7] f64\n"
       "return %y : [b=3, s=5, h=7] f64",
       "[b=3, s=5, h=7] f64",
       "%dx = layer_norm_grad_x %dy, %x, %g eps 0.125 : [b=3, s=5, h=7] f64\n"
       "%dg = layer_norm_grad_g %dy, %x eps 0.125 : [b=3, s=5, h=7] f64 -> "
       "[h=7] f64\n"
       "%db = layer_norm_grad_b %dy : [b=3, s=5, h=7] f64 -> [h=7] f64\n"
       "return %dx, %dg, %db : [b=3, s=5, h=7] f64, [h=7] f64, [h=7] f64",
       {0, 1, 2}});
}

TEST(GradientOps, RopeIsItsInverse) {
  expectRightGradients(
      {"%x: [b=2, s=5, n=3 * d=6] f64",
       "%y = rope %x theta 50.0 : [b=2, s=5, n=3 * d=6] f64\n"
       "return %y : [b=2, s=5, n=3 * d=6] f64",
       "[b=2, s=5, n=3 * d=6] f64",
       "%dx = rope %dy theta 50.0 inverse : [b=2, s=5, n=3 * d=6] f64\n"
       "return %dx : [b=2, s=5, n=3 * d=6] f64",
       {0}});
}

static void expectRightAttention(std::string causal) {
  std::string type = "[b=2, s=5, n=3 * d=7] f64", lse = "[b=2, n=3, s=5] f64";
  std::string arguments = "%q: " + type + ", %k: " + type + ", %v: " + type;
  std::string forward = "%y = attention %q, %k, %v " + causal + " : " + type +
                        "\nreturn %y : " + type;
  std::string backward =
      "%y, %lse = attention %q, %k, %v " + causal + " : " + type + ", " + lse +
      "\n%dq, %dk, %dv = attention_grad %dy, %q, %k, %v, %y, %lse " + causal +
      " : " + type + ", " + lse + "\nreturn %dq, %dk, %dv : " + type + ", " +
      type + ", " + type;
  expectRightGradients({arguments, forward, type, backward, {0, 1, 2}});
}

TEST(GradientOps, Attention) { expectRightAttention(""); }
TEST(GradientOps, CausalAttention) { expectRightAttention("causal"); }

TEST(GradientOps, SiluMul) {
  expectRightGradients(
      {"%g: [t=3, f=5] f64, %u: [t=3, f=5] f64",
       "%y = silu_mul %g, %u : [t=3, f=5] f64\nreturn %y : [t=3, f=5] f64",
       "[t=3, f=5] f64",
       "%dg, %du = silu_mul_grad %dy, %g, %u : [t=3, f=5] f64\n"
       "return %dg, %du : [t=3, f=5] f64, [t=3, f=5] f64",
       {0, 1}});
}

static void expectRightCrossEntropy(std::string valid, int64_t classes) {
  std::string logits = "[b=2, s=5, v=7] f64", rows = "[b=2, s=5] f64",
              targets = "[b=2, s=5] i32";
  std::string stabilised = "%m = reduce_max %logits " + valid + " : " + logits +
                           " -> " + rows + "\n%s = sum_exp %logits, %m " +
                           valid + " : " + logits + ", " + rows + "\n";
  std::string forward =
      stabilised + "%p = pick %logits, %targets : " + logits + ", " + targets +
      " -> " + rows + "\n%n = nll %s, %m, %p : " + rows +
      "\n%y = sum %n : " + rows + " -> [] f64\nreturn %y : [] f64";
  std::string backward =
      stabilised + "%d = cross_entropy_grad %logits, %m, %s, %targets, %dy " +
      valid + " : " + logits + ", " + rows + ", " + targets +
      ", [] f64\nreturn %d : " + logits;
  std::string arguments = "%logits: " + logits + ", %targets: " + targets;
  expectRightGradients(
      {arguments, forward, "[] f64", backward, {0}, {1}, classes});
}

TEST(GradientOps, CrossEntropy) { expectRightCrossEntropy("", 7); }
TEST(GradientOps, CrossEntropyWithPaddedVocabulary) {
  expectRightCrossEntropy("valid c=5", 5);
}

// The test itself must be able to fail.
TEST(GradientOps, SeesAWrongFormula) {
  Program forward =
      Program::of("%x: [t=3, h=5] f64, %g: [h=5] f64",
                  "%y = rms_norm %x, %g eps 0.125 : [t=3, h=5] f64\n"
                  "%s = sum %y : [t=3, h=5] f64 -> [] f64\n"
                  "return %s : [] f64");
  // Another eps than the forward op has.
  Program backward = Program::of(
      "%x: [t=3, h=5] f64, %g: [h=5] f64",
      "%dy = fill 1.0 : [t=3, h=5] f64\n"
      "%dx = rms_norm_grad_x %dy, %x, %g eps 0.12501 : [t=3, h=5] f64\n"
      "return %dx : [t=3, h=5] f64");
  SmallVector<Tensor> arguments = {randomNormal({3, 5}, 1),
                                   randomNormal({5}, 2)};
  SmallVector<Tensor> gradients = backward.run(arguments);
  ASSERT_EQ(gradients.size(), 1u);
  auto sum = [&] { return forward.run(arguments)[0].data[0]; };
  EXPECT_GT(gradientError(gradients[0], derivatives(sum, arguments[0])), 1e-6);
}
