//===----------------------------------------------------------------------===//
// Kernels of the cross entropy.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/CrossEntropy.h"

#include "codegen/cpu/Rows.h"

#include <limits>

using namespace mlir;

namespace flm::cpu {

namespace {
/// The types and the formulas that the kernels share.
struct Formulas {
  Formulas(OpBuilder &builder, const CrossEntropyProblem &problem,
           const CpuTarget &target)
      : problem(problem), target(target),
        logits(bufferType({problem.rows, problem.paddedVocab},
                          problem.elementType)),
        perRow(bufferType({problem.rows}, builder.getF32Type())),
        targets(bufferType({problem.rows}, builder.getI32Type())) {}

  /// Tasks of kernels that move `passes` times the logits.
  TaskBlocks blocks(int64_t passes) const {
    return blocksOfRows(problem.rows,
                        passes * problem.vocab * bytesOf(problem.elementType));
  }

  Real rowMax(RowsKernel &kernel, Value x, Index row) const {
    return reduceStrips(kernel, wholeSpan(kernel, problem.vocab), target,
                        {Fold::Max}, [&](const Strip &strip, auto largest) {
                          // In this order a NaN logit leaves the maximum alone.
                          largest[0] = max(strip.load(x, row), largest[0]);
                        })[0];
  }

  Real rowSumExp(RowsKernel &kernel, Value x, Index row, Real largest) const {
    return reduceStrips(kernel, wholeSpan(kernel, problem.vocab), target,
                        {Fold::Sum}, [&](const Strip &strip, auto sum) {
                          sum[0] = sum[0] + exp(strip.load(x, row) - largest);
                        })[0];
  }

  /// Whether the token is one of the columns; -1 is not.
  Value isColumn(RowsKernel &kernel, Index token) const {
    return token < kernel.index(problem.paddedVocab);
  }

  Real pick(RowsKernel &kernel, Value x, Value tokens, Index row) const {
    Index token = kernel.loadToken(tokens, row);
    // Loaded from some column in any case: a select costs less than a branch.
    Index column = kernel.min(token, problem.paddedVocab - 1);
    Real logit = kernel.loadReal(x, {row, column});
    return select(isColumn(kernel, token), logit, logit.same(0));
  }

  const CrossEntropyProblem &problem;
  const CpuTarget &target;
  Type logits, perRow, targets;
};
} // namespace

CpuKernel buildReduceMax(OpBuilder &builder, Location loc, StringRef symbol,
                         const CrossEntropyProblem &problem,
                         const CpuTarget &target) {
  Formulas ce(builder, problem, target);
  RowsKernel kernel(builder, loc, symbol, {ce.logits, ce.perRow});
  TaskBlocks blocks = ce.blocks(1);
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    kernel.storeReal(ce.rowMax(kernel, kernel.operand(0), row),
                     kernel.operand(1), row);
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildSumExp(OpBuilder &builder, Location loc, StringRef symbol,
                      const CrossEntropyProblem &problem,
                      const CpuTarget &target) {
  Formulas ce(builder, problem, target);
  RowsKernel kernel(builder, loc, symbol, {ce.logits, ce.perRow, ce.perRow});
  TaskBlocks blocks = ce.blocks(1);
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    Real largest = kernel.loadReal(kernel.operand(1), row);
    kernel.storeReal(ce.rowSumExp(kernel, kernel.operand(0), row, largest),
                     kernel.operand(2), row);
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildPick(OpBuilder &builder, Location loc, StringRef symbol,
                    const CrossEntropyProblem &problem,
                    const CpuTarget &target) {
  Formulas ce(builder, problem, target);
  RowsKernel kernel(builder, loc, symbol, {ce.logits, ce.targets, ce.perRow});
  // A row costs the cache line it reads.
  TaskBlocks blocks = blocksOfElements(problem.rows, 64);
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    kernel.storeReal(ce.pick(kernel, kernel.operand(0), kernel.operand(1), row),
                     kernel.operand(2), row);
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildNll(OpBuilder &builder, Location loc, StringRef symbol,
                   int64_t rows, const CpuTarget &target) {
  Type perRow = bufferType({rows}, builder.getF32Type());
  RowsKernel kernel(builder, loc, symbol, {perRow, perRow, perRow, perRow});
  TaskBlocks blocks = blocksOfElements(rows, 16);
  forEachStrip(
      kernel, kernel.taskSpan(blocks), target, [&](const Strip &strip) {
        Real sumExp = strip.load(kernel.operand(0));
        Real largest = strip.load(kernel.operand(1));
        Real picked = strip.load(kernel.operand(2));
        strip.store(log(sumExp) + (largest - picked), kernel.operand(3));
      });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildCrossEntropy(OpBuilder &builder, Location loc, StringRef symbol,
                            const CrossEntropyProblem &problem,
                            const CpuTarget &target) {
  Formulas ce(builder, problem, target);
  RowsKernel kernel(builder, loc, symbol,
                    {ce.logits, ce.targets, ce.perRow, ce.perRow, ce.perRow});
  Value x = kernel.operand(0), tokens = kernel.operand(1);
  Value max = kernel.operand(2), sumExp = kernel.operand(3),
        loss = kernel.operand(4);
  TaskBlocks blocks = ce.blocks(2);
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    Real largest = ce.rowMax(kernel, x, row);
    kernel.storeReal(largest, max, row);
    kernel.storeReal(ce.rowSumExp(kernel, x, row, largest), sumExp, row);
    kernel.storeReal(largest - ce.pick(kernel, x, tokens, row), loss, row);
  });
  // The logarithms of all the task's rows together, as vectors.
  forEachStrip(kernel, kernel.taskSpan(blocks), target,
               [&](const Strip &strip) {
                 strip.store(log(strip.load(sumExp)) + strip.load(loss), loss);
               });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildCrossEntropyGrad(OpBuilder &builder, Location loc,
                                StringRef symbol,
                                const CrossEntropyProblem &problem,
                                const CpuTarget &target) {
  Formulas ce(builder, problem, target);
  RowsKernel kernel(builder, loc, symbol,
                    {ce.logits, ce.perRow, ce.perRow, ce.targets,
                     bufferType({1}, builder.getF32Type()), ce.logits});
  Value x = kernel.operand(0), max = kernel.operand(1),
        sumExp = kernel.operand(2), tokens = kernel.operand(3),
        seeds = kernel.operand(4), dx = kernel.operand(5);

  const int64_t vocab = problem.vocab, padded = problem.paddedVocab;
  Span padding = {kernel.index(vocab), kernel.index(padded), padded - vocab};
  Real zero = constant(kernel, kernel.getF32Type(), 0);
  Real seed = kernel.loadReal(seeds, kernel.index(0));
  TaskBlocks blocks = ce.blocks(2);
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    Real largest = kernel.loadReal(max, row);
    Real scale = seed / kernel.loadReal(sumExp, row);
    // The target's logit, before an in-place run overwrites it.
    Real picked = ce.pick(kernel, x, tokens, row);
    forEachStrip(
        kernel, wholeSpan(kernel, vocab), target, [&](const Strip &strip) {
          strip.store(exp(strip.load(x, row) - largest) * scale, dx, row);
        });
    forEachStrip(kernel, padding, target,
                 [&](const Strip &strip) { strip.store(zero, dx, row); });
    Index hot = kernel.loadToken(tokens, row);
    kernel.ifThen(ce.isColumn(kernel, hot), [&] {
      kernel.storeReal(mulAdd(exp(picked - largest), scale, negate(seed)), dx,
                       {row, hot});
    });
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildMaskPadding(OpBuilder &builder, Location loc, StringRef symbol,
                           const CrossEntropyProblem &problem,
                           const CpuTarget &target) {
  const int64_t columns = problem.paddedVocab;
  RowsKernel kernel(builder, loc, symbol,
                    {bufferType({1}, builder.getI32Type()),
                     bufferType({problem.rows, columns}, problem.elementType)});
  // Columns of the vocabulary that lower ranks have, and this one's valid ones.
  Index before = kernel.loadToken(kernel.operand(0), kernel.index(0)) * columns;
  Index valid = kernel.index(problem.vocab);
  Index first = kernel.min(valid - kernel.min(before, valid), columns);
  Real masked = constant(kernel, kernel.getF32Type(),
                         -std::numeric_limits<double>::infinity());
  TaskBlocks blocks =
      blocksOfRows(problem.rows, columns * bytesOf(problem.elementType));
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    forEachStrip(kernel, {first, kernel.index(columns), std::nullopt}, target,
                 [&](const Strip &strip) {
                   strip.store(masked, kernel.operand(1), row);
                 });
  });
  return kernel.finish(blocks.tasks());
}

} // namespace flm::cpu
