//===----------------------------------------------------------------------===//
// Kernels of rms_norm.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Norm.h"

#include "codegen/cpu/Rows.h"

using namespace mlir;

namespace flm::cpu {

/// 1/sqrt(mean of squares + eps).
static Real reciprocalRms(Real sumOfSquares, const RmsNormProblem &problem) {
  double n = static_cast<double>(problem.n);
  Real mean = (1.0 / n) * sumOfSquares;
  return 1.0 / sqrt(problem.eps + mean);
}

CpuKernel buildRmsNorm(OpBuilder &builder, Location loc, StringRef symbol,
                       const RmsNormProblem &problem, const CpuTarget &target) {
  const auto [rows, n, eps, elementType, gainType] = problem;
  Type matrix = bufferType({rows, n}, elementType);
  RowsKernel kernel(builder, loc, symbol,
                    {matrix, bufferType({n}, gainType), matrix});
  Value x = kernel.operand(0), gain = kernel.operand(1), y = kernel.operand(2);

  TaskBlocks blocks = blocksOfRows(rows, 2 * n * bytesOf(elementType));
  Span columns = wholeSpan(kernel.b, n);
  kernel.forEachRow(blocks, [&](Value row) {
    Real squares = reduceBlocks(kernel.b, columns, target, {Fold::Sum},
                                [&](const Block &block, auto sum) {
                                  Real v = block.load(x, row);
                                  sum[0] = mulAdd(v, v, sum[0]);
                                })[0];
    Real rstd = reciprocalRms(squares, problem);
    forEachBlock(kernel.b, columns, target, [&](const Block &block) {
      block.store(block.load(x, row) * rstd * block.load(gain), y, row);
    });
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildRmsNormGradX(OpBuilder &builder, Location loc, StringRef symbol,
                            const RmsNormProblem &problem,
                            const CpuTarget &target) {
  const auto [rows, n, eps, elementType, gainType] = problem;
  Type matrix = bufferType({rows, n}, elementType);
  RowsKernel kernel(builder, loc, symbol,
                    {matrix, matrix, bufferType({n}, gainType), matrix});
  Value dy = kernel.operand(0), x = kernel.operand(1), gain = kernel.operand(2),
        dx = kernel.operand(3);

  TaskBlocks blocks = blocksOfRows(rows, 3 * n * bytesOf(elementType));
  Span columns = wholeSpan(kernel.b, n);
  kernel.forEachRow(blocks, [&](Value row) {
    auto sums = reduceBlocks(
        kernel.b, columns, target, {Fold::Sum, Fold::Sum},
        [&](const Block &block, auto sum) {
          Real v = block.load(x, row);
          sum[0] = mulAdd(v, v, sum[0]);
          sum[1] = mulAdd(block.load(dy, row) * block.load(gain), v, sum[1]);
        });
    // dx = rstd * (gain*dy - x * rstd^2 * mean(gain*dy*x))
    Real rstd = reciprocalRms(sums[0], problem);
    Real mean = (1.0 / static_cast<double>(problem.n)) * sums[1];
    Real slope = negate(rstd * rstd * mean);
    forEachBlock(kernel.b, columns, target, [&](const Block &block) {
      Real scaled = block.load(dy, row) * block.load(gain);
      block.store(rstd * mulAdd(block.load(x, row), slope, scaled), dx, row);
    });
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildRmsNormGradGainPartials(OpBuilder &builder, Location loc,
                                       StringRef symbol,
                                       const RmsNormProblem &problem,
                                       const CpuTarget &target) {
  const auto [rows, n, eps, elementType, gainType] = problem;
  TaskBlocks blocks = {rows, std::min(rows, rmsNormChunkRows)};
  Type matrix = bufferType({rows, n}, elementType);
  RowsKernel kernel(
      builder, loc, symbol,
      {matrix, matrix, bufferType({blocks.tasks(), n}, builder.getF32Type())});
  Value dy = kernel.operand(0), x = kernel.operand(1),
        partials = kernel.operand(2);

  Value chunk = kernel.task();
  Span columns = wholeSpan(kernel.b, n);
  Real zero = constant(kernel.b, kernel.b.getF32Type(), 0);
  forEachBlock(kernel.b, columns, target,
               [&](const Block &block) { block.store(zero, partials, chunk); });
  kernel.forEachRow(blocks, [&](Value row) {
    Real squares = reduceBlocks(kernel.b, columns, target, {Fold::Sum},
                                [&](const Block &block, auto sum) {
                                  Real v = block.load(x, row);
                                  sum[0] = mulAdd(v, v, sum[0]);
                                })[0];
    Real rstd = reciprocalRms(squares, problem);
    forEachBlock(kernel.b, columns, target, [&](const Block &block) {
      Real normalized = block.load(x, row) * rstd;
      Real sum = block.load(partials, chunk);
      block.store(mulAdd(block.load(dy, row), normalized, sum), partials,
                  chunk);
    });
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildFoldRows(OpBuilder &builder, Location loc, StringRef symbol,
                        int64_t chunks, int64_t n, bool accumulate,
                        const CpuTarget &target) {
  Type f32 = builder.getF32Type();
  RowsKernel kernel(builder, loc, symbol,
                    {bufferType({chunks, n}, f32), bufferType({n}, f32)});
  Value partials = kernel.operand(0), sum = kernel.operand(1);

  TaskBlocks blocks = blocksOfElements(n, (chunks + 1) * bytesOf(f32));
  Span columns = kernel.taskSpan(blocks);
  if (!accumulate) {
    Real zero = constant(kernel.b, f32, 0);
    forEachBlock(kernel.b, columns, target,
                 [&](const Block &block) { block.store(zero, sum); });
  }
  kernel.forEach(wholeSpan(kernel.b, chunks), [&](Value chunk) {
    forEachBlock(kernel.b, columns, target, [&](const Block &block) {
      block.store(block.load(sum) + block.load(partials, chunk), sum);
    });
  });
  return kernel.finish(blocks.tasks());
}

} // namespace flm::cpu
