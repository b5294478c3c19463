//===----------------------------------------------------------------------===//
// The gradient rules, one op family at a time: small models differentiated by
// the compiler, against finite differences of their loss.
//===----------------------------------------------------------------------===//
#include "test/numerics/gradient/SmallModel.h"

#include <gtest/gtest.h>

using namespace flm::numerics;

TEST(Autodiff, EmbeddingLinearAndCrossEntropy) {
  expectRightGradients(modelOf(R"(
  %w = param "w" : [hidden, hidden]
  %y = linear %x, %w : [batch, seq, hidden] -> [batch, seq, hidden]
)"));
}

TEST(Autodiff, TiedEmbedding) {
  // One parameter that is a table and a weight.
  expectRightGradients(R"(
flm.model @m
    dims [batch, seq, vocab, padded_vocab = round_up(vocab, 4), hidden]
    (%tokens: [batch, seq] i32, %targets: [batch, seq] i32) {
  %table = param "table" : [padded_vocab, hidden]
  %x = embedding %tokens, %table : [batch, seq] i32, [padded_vocab, hidden]
  %logits = linear %x, %table : [batch, seq, hidden] -> [batch, seq, padded_vocab]
  %loss = cross_entropy %logits, %targets valid vocab : [batch, seq, padded_vocab], [batch, seq] i32
  return %loss : [] f32
}
flm.config @c of @m {seq = 5, vocab = 7, hidden = 3}
flm.recipe @r {precision = f64, micro_batch = 3, width = [hidden]}
flm.plan @p of @m on grid() {}
)");
}

TEST(Autodiff, LogitsFromTheEmbedding) {
  expectRightGradients(R"(
flm.model @bigram
    dims [batch, seq, vocab, padded_vocab = round_up(vocab, 1)]
    (%tokens: [batch, seq] i32, %targets: [batch, seq] i32) {
  %table = param "bigram.weight" : [vocab, padded_vocab]
  %logits = embedding %tokens, %table : [batch, seq] i32, [vocab, padded_vocab]
  %loss = cross_entropy %logits, %targets : [batch, seq, padded_vocab], [batch, seq] i32
  return %loss : [] f32
}
flm.config @c of @bigram {seq = 5, vocab = 7}
flm.recipe @r {precision = f64, micro_batch = 2, width = [vocab]}
flm.plan @p of @bigram on grid() {}
)");
}

TEST(Autodiff, RmsNorm) {
  expectRightGradients(modelOf(R"(
  %g = param "g" : [hidden]
  %y = rms_norm %x, %g eps 0.01 : [batch, seq, hidden]
)"));
}

TEST(Autodiff, LayerNorm) {
  expectRightGradients(modelOf(R"(
  %g = param "g" : [hidden]
  %b = param "b" : [hidden]
  %y = layer_norm %x, %g, %b eps 0.01 : [batch, seq, hidden]
)"));
}

TEST(Autodiff, RopeBothWays) {
  expectRightGradients(modelOf(R"(
  %in = param "in" : [heads * head_dim, hidden]
  %out = param "out" : [hidden, heads * head_dim]
  %a = linear %x, %in : [batch, seq, hidden] -> [batch, seq, heads * head_dim]
  %b = rope %a theta 30.0 : [batch, seq, heads * head_dim]
  %c = silu_mul %b, %a : [batch, seq, heads * head_dim]
  %d = rope %c theta 7.0 inverse : [batch, seq, heads * head_dim]
  %y = linear %d, %out : [batch, seq, heads * head_dim] -> [batch, seq, hidden]
)"));
}

/// Attention of the projections named by `qkv`.
static std::string attentionOf(std::string qkv, std::string causal) {
  return modelOf(R"(
  %wq = param "wq" : [heads * head_dim, hidden]
  %wk = param "wk" : [heads * head_dim, hidden]
  %wo = param "wo" : [hidden, heads * head_dim]
  %q = linear %x, %wq : [batch, seq, hidden] -> [batch, seq, heads * head_dim]
  %k = linear %x, %wk : [batch, seq, hidden] -> [batch, seq, heads * head_dim]
  %a = attention )" +
                 qkv + " " + causal + R"( : [batch, seq, heads * head_dim]
  %y = linear %a, %wo : [batch, seq, heads * head_dim] -> [batch, seq, hidden]
)");
}

TEST(Autodiff, Attention) {
  expectRightGradients(attentionOf("%q, %k, %q", "causal"));
  expectRightGradients(attentionOf("%q, %k, %k", ""));
}

TEST(Autodiff, AttentionOfOneValue) {
  // Three gradients meet at one operand.
  expectRightGradients(modelOf(R"(
  %w = param "w" : [heads * head_dim, hidden]
  %o = param "o" : [hidden, heads * head_dim]
  %q = linear %x, %w : [batch, seq, hidden] -> [batch, seq, heads * head_dim]
  %a = attention %q, %q, %q causal : [batch, seq, heads * head_dim]
  %y = linear %a, %o : [batch, seq, heads * head_dim] -> [batch, seq, hidden]
)"));
}

TEST(Autodiff, AttentionThatHasALogSumExp) {
  expectRightGradients(modelOf(R"(
  %w = param "w" : [heads * head_dim, hidden]
  %o = param "o" : [hidden, heads * head_dim]
  %q = linear %x, %w : [batch, seq, hidden] -> [batch, seq, heads * head_dim]
  %a, %lse = attention %q, %q, %q : [batch, seq, heads * head_dim], [batch, heads, seq] f64
  %y = linear %a, %o : [batch, seq, heads * head_dim] -> [batch, seq, hidden]
)"));
}

TEST(Autodiff, SiluMulAddAndScale) {
  expectRightGradients(modelOf(R"(
  %wg = param "wg" : [ffn, hidden]
  %wu = param "wu" : [ffn, hidden]
  %wd = param "wd" : [hidden, ffn]
  %g = linear %x, %wg : [batch, seq, hidden] -> [batch, seq, ffn]
  %u = linear %x, %wu : [batch, seq, hidden] -> [batch, seq, ffn]
  %a = silu_mul %g, %u : [batch, seq, ffn]
  %b = silu_mul %a, %a : [batch, seq, ffn]
  %c = scale %b by 0.7 per seq : [batch, seq, ffn]
  %d = add %a, %c, %g, %a : [batch, seq, ffn]
  %e = linear %d, %wd : [batch, seq, ffn] -> [batch, seq, hidden]
  %y = add %x, %e, %x : [batch, seq, hidden]
)"));
}

TEST(Autodiff, LoopWithItsOwnParameters) {
  expectRightGradients(modelOf(R"(
  %y = loop over layers (%h = %x : [batch, seq, hidden]) {
    %g = param "g" : [hidden]
    %w = param "w" : [hidden, hidden]
    %n = rms_norm %h, %g eps 0.01 : [batch, seq, hidden]
    %l = linear %n, %w : [batch, seq, hidden] -> [batch, seq, hidden]
    %s = silu_mul %l, %n : [batch, seq, hidden]
    %r = add %h, %s : [batch, seq, hidden]
    yield %r : [batch, seq, hidden]
  }
)"));
}

TEST(Autodiff, LoopThatSharesAParameterAndAValue) {
  // %w and %x are captured: their gradients add up over the iterations.
  expectRightGradients(modelOf(R"(
  %w = param "w" : [hidden, hidden]
  %y = loop over layers (%h = %x : [batch, seq, hidden]) {
    %l = linear %h, %w : [batch, seq, hidden] -> [batch, seq, hidden]
    %s = silu_mul %l, %x : [batch, seq, hidden]
    %r = add %h, %s, %x : [batch, seq, hidden]
    yield %r : [batch, seq, hidden]
  }
)"));
}

TEST(Autodiff, LoopWithTwoCarries) {
  // The carries change places; one of them is not read after the loop.
  expectRightGradients(modelOf(R"(
  %u = scale %x by 0.5 : [batch, seq, hidden]
  %y, %rest = loop over layers (%a = %x : [batch, seq, hidden], %b = %u : [batch, seq, hidden]) {
    %w = param "w" : [hidden, hidden]
    %l = linear %a, %w : [batch, seq, hidden] -> [batch, seq, hidden]
    %s = silu_mul %l, %b : [batch, seq, hidden]
    yield %b, %s : [batch, seq, hidden], [batch, seq, hidden]
  }
)"));
}

TEST(Autodiff, LoopThatStacksAndLoopThatSlices) {
  // The second loop reads what the first one stacked, last slot first.
  expectRightGradients(modelOf(R"(
  %a, %all = loop over layers (%h = %x : [batch, seq, hidden]) {
    %w = param "w" : [hidden, hidden]
    %l = linear %h, %w : [batch, seq, hidden] -> [batch, seq, hidden]
    %s = silu_mul %l, %h : [batch, seq, hidden]
    yield %s : [batch, seq, hidden] stack %l : [batch, seq, hidden]
  }
  %y = loop over layers reverse (%h = %a : [batch, seq, hidden]) slices (%l = %all : [batch, seq, hidden]) {
    %v = param "v" : [hidden, hidden]
    %m = linear %h, %v : [batch, seq, hidden] -> [batch, seq, hidden]
    %s = silu_mul %l, %m : [batch, seq, hidden]
    %r = add %h, %s : [batch, seq, hidden]
    yield %r : [batch, seq, hidden]
  }
)"));
}

TEST(Autodiff, NestedLoops) {
  // A captured parameter, a captured value of the outer body, a carry.
  expectRightGradients(modelOf(R"(
  %w = param "w" : [hidden, hidden]
  %y = loop over layers (%h = %x : [batch, seq, hidden]) {
    %g = param "g" : [hidden]
    %n = rms_norm %h, %g eps 0.01 : [batch, seq, hidden]
    %z = loop over inner (%i = %n : [batch, seq, hidden]) {
      %l = linear %i, %w : [batch, seq, hidden] -> [batch, seq, hidden]
      %s = silu_mul %l, %n : [batch, seq, hidden]
      yield %s : [batch, seq, hidden]
    }
    %r = add %h, %z : [batch, seq, hidden]
    yield %r : [batch, seq, hidden]
  }
)"));
}

TEST(Autodiff, NestedLoopThatCapturesWhatIsNotSaved) {
  // No gradient reads %d, but the nested loop does when it is run again.
  expectRightGradients(modelOf(R"(
  %y = loop over layers (%h = %x : [batch, seq, hidden]) {
    %g = param "g" : [hidden]
    %w = param "w" : [hidden, hidden]
    %n = rms_norm %h, %g eps 0.01 : [batch, seq, hidden]
    %d = add %n, %h : [batch, seq, hidden]
    %z = loop over inner (%i = %n : [batch, seq, hidden]) {
      %l = linear %i, %w : [batch, seq, hidden] -> [batch, seq, hidden]
      %r = add %l, %d : [batch, seq, hidden]
      yield %r : [batch, seq, hidden]
    }
    %s = silu_mul %z, %n : [batch, seq, hidden]
    yield %s : [batch, seq, hidden]
  }
)"));
}

TEST(Autodiff, TwoLoopsInARow) {
  expectRightGradients(modelOf(R"(
  %a = loop over layers (%h = %x : [batch, seq, hidden]) {
    %g = param "g" : [hidden]
    %w = param "w" : [hidden, hidden]
    %n = rms_norm %h, %g eps 0.01 : [batch, seq, hidden]
    %l = linear %n, %w : [batch, seq, hidden] -> [batch, seq, hidden]
    %s = silu_mul %l, %n : [batch, seq, hidden]
    yield %s : [batch, seq, hidden]
  }
  %y = loop over inner (%h = %a : [batch, seq, hidden]) {
    %v = param "v" : [hidden, hidden]
    %l = linear %h, %v : [batch, seq, hidden] -> [batch, seq, hidden]
    %s = silu_mul %l, %a : [batch, seq, hidden]
    yield %s : [batch, seq, hidden]
  }
)"));
}
