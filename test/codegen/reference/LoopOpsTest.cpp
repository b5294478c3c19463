//===----------------------------------------------------------------------===//
// The interpreter's loop: carries, slices, stacks, order, nesting.
//===----------------------------------------------------------------------===//
#include "test/codegen/reference/ExpectTensor.h"
#include "test/numerics/Program.h"

using namespace flm::numerics;

TEST(ReferenceLoop, CarriesGoRoundTogether) {
  // Fibonacci: (a, b) -> (b, a + b); the stack has each a on entry.
  Program program = Program::of(
      "%a0: [] f64, %b0: [] f64",
      "%a, %b, %all = loop over l=5 (%x = %a0 : [] f64, %y = %b0 : [] f64) {\n"
      "  %z = add %x, %y : [] f64\n"
      "  yield %y, %z : [] f64, [] f64 stack %x : [] f64\n"
      "}\n"
      "return %a, %b, %all : [] f64, [] f64, [l=5] f64");
  auto results = program.run({Tensor({}, 0.0), Tensor({}, 1.0)});
  ASSERT_EQ(results.size(), 3u);
  expectTensor(results[0], {5});
  expectTensor(results[1], {8});
  expectTensor(results[2], {0, 1, 1, 2, 3});
}

/// Appends the digits of the slices: h -> 10 h + slice. The stack keeps h.
static Program appendDigits(llvm::StringRef direction) {
  return Program::of(
      "%digits: [l=3, w=2] f64, %h0: [w=2] f64",
      ("%h, %all = loop over l=3 " + direction +
       " (%x = %h0 : [w=2] f64) slices (%d = %digits : [w=2] f64) {\n"
       "  %t = scale %x by 10.0 : [w=2] f64\n"
       "  %y = add %t, %d : [w=2] f64\n"
       "  yield %y : [w=2] f64 stack %y : [w=2] f64\n"
       "}\n"
       "return %h, %all : [w=2] f64, [l=3, w=2] f64")
          .str());
}

TEST(ReferenceLoop, SlicesAndStacksUseTheSlotOfTheIteration) {
  Tensor digits({3, 2}, {1, 4, 2, 5, 3, 6}), zero({2}, 0.0);
  auto forward = appendDigits("").run({digits, zero});
  ASSERT_EQ(forward.size(), 2u);
  expectTensor(forward[0], {123, 456});
  expectTensor(forward[1], {1, 4, 12, 45, 123, 456});

  auto reverse = appendDigits("reverse").run({digits, zero});
  ASSERT_EQ(reverse.size(), 2u);
  expectTensor(reverse[0], {321, 654});
  expectTensor(reverse[1], {321, 654, 32, 65, 3, 6});
}

TEST(ReferenceLoop, LoopsNestAndSeeOuterValues) {
  // The inner loop reads the outer slice and a value from outside of both.
  Program program =
      Program::of("%rows: [i=2, j=3] f64, %one: [] f64",
                  "%total, %sums = loop over i=2 (%t = %one : [] f64) "
                  "slices (%row = %rows : [j=3] f64) {\n"
                  "  %zero = fill 0.0 : [] f64\n"
                  "  %sum = loop over j=3 (%s = %zero : [] f64) "
                  "slices (%x = %row : [] f64) {\n"
                  "    %next = add %s, %x, %one : [] f64\n"
                  "    yield %next : [] f64\n"
                  "  }\n"
                  "  %t1 = add %t, %sum : [] f64\n"
                  "  yield %t1 : [] f64 stack %sum : [] f64\n"
                  "}\n"
                  "return %total, %sums : [] f64, [i=2] f64");
  auto results =
      program.run({Tensor({2, 3}, {1, 2, 3, 10, 20, 30}), Tensor({}, 1.0)});
  ASSERT_EQ(results.size(), 2u);
  expectTensor(results[0], {1 + 9 + 63});
  expectTensor(results[1], {9, 63});
}

TEST(ReferenceLoop, OneValueMayBeYieldedTwice) {
  Program program = Program::of(
      "%a: [] f64",
      "%x, %y = loop over l=2 (%p = %a : [] f64, %q = %a : [] f64) {\n"
      "  %s = add %p, %q : [] f64\n"
      "  yield %s, %s : [] f64, [] f64\n"
      "}\n"
      "return %x, %y : [] f64, [] f64");
  auto results = program.run({Tensor({}, 3.0)});
  ASSERT_EQ(results.size(), 2u);
  expectTensor(results[0], {12});
  expectTensor(results[1], {12});
}
