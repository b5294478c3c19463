//===----------------------------------------------------------------------===//
// Values whose gradients share terms: sums of sums, of one value several times,
// across loops.
//===----------------------------------------------------------------------===//
#include "test/numerics/gradient/SmallModel.h"

#include <gtest/gtest.h>

using namespace flm::numerics;

TEST(SharedCotangents, SumOfOneValueTwice) {
  // %a has two terms of one sum, which both of its users still need.
  expectRightGradients(modelOf(R"(
  %a = add %x, %x : [batch, seq, hidden]
  %w = param "w" : [hidden, hidden]
  %b = linear %a, %w : [batch, seq, hidden] -> [batch, seq, hidden]
  %y = add %a, %b : [batch, seq, hidden]
)"));
}

TEST(SharedCotangents, SumsThatShareAnOperand) {
  // The gradient of %s is a term of those of %x, of %t and, through %t, of %o.
  expectRightGradients(modelOf(R"(
  %w = param "w" : [hidden, hidden]
  %o = linear %x, %w : [batch, seq, hidden] -> [batch, seq, hidden]
  %t = add %x, %o : [batch, seq, hidden]
  %s = add %x, %t : [batch, seq, hidden]
  %v = param "v" : [hidden, hidden]
  %b = linear %s, %v : [batch, seq, hidden] -> [batch, seq, hidden]
  %y = add %s, %b : [batch, seq, hidden]
)"));
}

TEST(SharedCotangents, SumOfOneBranchTwice) {
  expectRightGradients(modelOf(R"(
  %w = param "w" : [hidden, hidden]
  %o = linear %x, %w : [batch, seq, hidden] -> [batch, seq, hidden]
  %s = add %x, %o, %o : [batch, seq, hidden]
  %v = param "v" : [hidden, hidden]
  %b = linear %s, %v : [batch, seq, hidden] -> [batch, seq, hidden]
  %y = add %s, %b : [batch, seq, hidden]
)"));
}

TEST(SharedCotangents, SumsInALoop) {
  expectRightGradients(modelOf(R"(
  %y = loop over layers (%h = %x : [batch, seq, hidden]) {
    %a = add %h, %h, %h : [batch, seq, hidden]
    %b = scale %a by -1.25 : [batch, seq, hidden]
    %w = param "w" : [hidden, hidden]
    %c = linear %a, %w : [batch, seq, hidden] -> [batch, seq, hidden]
    %d = add %b, %c, %a : [batch, seq, hidden]
    %v = param "v" : [hidden, hidden]
    %e = linear %d, %v : [batch, seq, hidden] -> [batch, seq, hidden]
    %f = add %d, %e, %e : [batch, seq, hidden]
    %u = param "u" : [hidden, hidden]
    %g = linear %f, %u : [batch, seq, hidden] -> [batch, seq, hidden]
    %r = add %f, %g : [batch, seq, hidden]
    yield %r : [batch, seq, hidden]
  }
)"));
}

TEST(SharedCotangents, SumsAroundNestedLoops) {
  // The finals of a nested loop are saved, and the loop is replaced when it is
  // differentiated.
  expectRightGradients(modelOf(R"(
  %y = loop over layers (%h = %x : [batch, seq, hidden]) {
    %w = param "w" : [hidden, hidden]
    %g = param "g" : [hidden]
    %n = rms_norm %h, %g eps 0.01 : [batch, seq, hidden]
    %a = loop over inner (%i = %n : [batch, seq, hidden]) {
      %l = linear %i, %w : [batch, seq, hidden] -> [batch, seq, hidden]
      %s = silu_mul %l, %i : [batch, seq, hidden]
      yield %s : [batch, seq, hidden]
    }
    %b = loop over inner (%i = %a : [batch, seq, hidden]) {
      %l = linear %i, %w : [batch, seq, hidden] -> [batch, seq, hidden]
      %s = silu_mul %l, %a : [batch, seq, hidden]
      yield %s : [batch, seq, hidden]
    }
    %c = silu_mul %a, %b : [batch, seq, hidden]
    %r = add %n, %c, %a, %c : [batch, seq, hidden]
    yield %r : [batch, seq, hidden]
  }
)"));
}

TEST(SharedCotangents, LoopThatOnlyStacks) {
  // It has no operands: all that it reads is captured.
  expectRightGradients(modelOf(R"(
  %w = param "w" : [hidden, hidden]
  %all = loop over layers () {
    %l = linear %x, %w : [batch, seq, hidden] -> [batch, seq, hidden]
    %s = silu_mul %l, %x : [batch, seq, hidden]
    yield stack %s : [batch, seq, hidden]
  }
  %y = loop over layers (%h = %x : [batch, seq, hidden]) slices (%s = %all : [batch, seq, hidden]) {
    %v = param "v" : [hidden, hidden]
    %l = linear %h, %v : [batch, seq, hidden] -> [batch, seq, hidden]
    %t = silu_mul %l, %s : [batch, seq, hidden]
    %r = add %h, %t : [batch, seq, hidden]
    yield %r : [batch, seq, hidden]
  }
)"));
}
