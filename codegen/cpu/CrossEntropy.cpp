//===----------------------------------------------------------------------===//
// Kernels of the cross entropy.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/CrossEntropy.h"

#include "codegen/cpu/Rows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

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

  Real rowMax(RowsKernel &kernel, Value x, Value row) const {
    return reduceBlocks(kernel.b, wholeSpan(kernel.b, problem.vocab), target,
                        {Fold::Max}, [&](const Block &block, auto largest) {
                          // In this order a NaN logit leaves the maximum alone.
                          largest[0] = max(block.load(x, row), largest[0]);
                        })[0];
  }

  Real rowSumExp(RowsKernel &kernel, Value x, Value row, Real largest) const {
    return reduceBlocks(kernel.b, wholeSpan(kernel.b, problem.vocab), target,
                        {Fold::Sum}, [&](const Block &block, auto sum) {
                          sum[0] = sum[0] + exp(block.load(x, row) - largest);
                        })[0];
  }

  static Value targetColumn(RowsKernel &kernel, Value tokens, Value row) {
    Value token = memref::LoadOp::create(kernel.b, tokens, row);
    return arith::IndexCastOp::create(kernel.b, kernel.b.getIndexType(), token);
  }

  static Real pick(RowsKernel &kernel, Value x, Value tokens, Value row) {
    return loadScalar(kernel.b, x, {row, targetColumn(kernel, tokens, row)});
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
  kernel.forEachRow(blocks, [&](Value row) {
    storeScalar(ce.rowMax(kernel, kernel.operand(0), row), kernel.operand(1),
                row);
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildSumExp(OpBuilder &builder, Location loc, StringRef symbol,
                      const CrossEntropyProblem &problem,
                      const CpuTarget &target) {
  Formulas ce(builder, problem, target);
  RowsKernel kernel(builder, loc, symbol, {ce.logits, ce.perRow, ce.perRow});
  TaskBlocks blocks = ce.blocks(1);
  kernel.forEachRow(blocks, [&](Value row) {
    Real largest = loadScalar(kernel.b, kernel.operand(1), row);
    storeScalar(ce.rowSumExp(kernel, kernel.operand(0), row, largest),
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
  kernel.forEachRow(blocks, [&](Value row) {
    storeScalar(ce.pick(kernel, kernel.operand(0), kernel.operand(1), row),
                kernel.operand(2), row);
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildNll(OpBuilder &builder, Location loc, StringRef symbol,
                   int64_t rows, const CpuTarget &target) {
  Type perRow = bufferType({rows}, builder.getF32Type());
  RowsKernel kernel(builder, loc, symbol, {perRow, perRow, perRow, perRow});
  TaskBlocks blocks = blocksOfElements(rows, 16);
  forEachBlock(
      kernel.b, kernel.taskSpan(blocks), target, [&](const Block &block) {
        Real sumExp = block.load(kernel.operand(0));
        Real largest = block.load(kernel.operand(1));
        Real picked = block.load(kernel.operand(2));
        block.store(log(sumExp) + (largest - picked), kernel.operand(3));
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
  kernel.forEachRow(blocks, [&](Value row) {
    Real largest = ce.rowMax(kernel, x, row);
    storeScalar(largest, max, row);
    storeScalar(ce.rowSumExp(kernel, x, row, largest), sumExp, row);
    storeScalar(largest - ce.pick(kernel, x, tokens, row), loss, row);
  });
  // The logarithms of all the task's rows together, as vectors.
  forEachBlock(kernel.b, kernel.taskSpan(blocks), target,
               [&](const Block &block) {
                 block.store(log(block.load(sumExp)) + block.load(loss), loss);
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
  ImplicitLocOpBuilder &b = kernel.b;
  Value x = kernel.operand(0), max = kernel.operand(1),
        sumExp = kernel.operand(2), tokens = kernel.operand(3),
        seeds = kernel.operand(4), dx = kernel.operand(5);

  const int64_t vocab = problem.vocab, padded = problem.paddedVocab;
  Span padding = {kernel.index(vocab), kernel.index(padded), padded - vocab};
  Real zero = constant(b, b.getF32Type(), 0);
  Real seed = loadScalar(b, seeds, kernel.index(0));
  TaskBlocks blocks = ce.blocks(2);
  kernel.forEachRow(blocks, [&](Value row) {
    Real largest = loadScalar(b, max, row);
    Real scale = seed / loadScalar(b, sumExp, row);
    // The target's logit, before an in-place run overwrites it.
    Value target = ce.targetColumn(kernel, tokens, row);
    Real picked = loadScalar(b, x, {row, target});
    forEachBlock(b, wholeSpan(b, vocab), ce.target, [&](const Block &block) {
      block.store(exp(block.load(x, row) - largest) * scale, dx, row);
    });
    forEachBlock(b, padding, ce.target,
                 [&](const Block &block) { block.store(zero, dx, row); });
    storeScalar(mulAdd(exp(picked - largest), scale, negate(seed)), dx,
                {row, target});
  });
  return kernel.finish(blocks.tasks());
}

} // namespace flm::cpu
