//===----------------------------------------------------------------------===//
// Kernels of the norms.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Norm.h"

#include "codegen/cpu/Rows.h"

using namespace mlir;

namespace flm::cpu {

/// 1/sqrt(mean of squares + eps).
static Real reciprocalRms(Real sumOfSquares, const NormProblem &problem) {
  double n = static_cast<double>(problem.n);
  Real mean = (1.0 / n) * sumOfSquares;
  return 1.0 / sqrt(problem.eps + mean);
}

/// The tasks of partial sums.
static TaskBlocks chunksOf(int64_t rows) {
  return {rows, std::min(rows, normChunkRows)};
}

CpuKernel buildRmsNorm(OpBuilder &builder, Location loc, StringRef symbol,
                       const NormProblem &problem, const CpuTarget &target) {
  const auto [rows, n, eps, elementType, gainType] = problem;
  Type matrix = bufferType({rows, n}, elementType);
  RowsKernel kernel(builder, loc, symbol,
                    {matrix, bufferType({n}, gainType), matrix});
  Value x = kernel.operand(0), gain = kernel.operand(1), y = kernel.operand(2);

  TaskBlocks blocks = blocksOfRows(rows, 2 * n * bytesOf(elementType));
  Span columns = wholeSpan(kernel, n);
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    Real squares = reduceStrips(kernel, columns, target, {Fold::Sum},
                                [&](const Strip &strip, auto sum) {
                                  Real v = strip.load(x, row);
                                  sum[0] = mulAdd(v, v, sum[0]);
                                })[0];
    Real rstd = reciprocalRms(squares, problem);
    forEachStrip(kernel, columns, target, [&](const Strip &strip) {
      strip.store(strip.load(x, row) * rstd * strip.load(gain), y, row);
    });
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildRmsNormGradX(OpBuilder &builder, Location loc, StringRef symbol,
                            const NormProblem &problem,
                            const CpuTarget &target) {
  const auto [rows, n, eps, elementType, gainType] = problem;
  Type matrix = bufferType({rows, n}, elementType);
  RowsKernel kernel(builder, loc, symbol,
                    {matrix, matrix, bufferType({n}, gainType), matrix});
  Value dy = kernel.operand(0), x = kernel.operand(1), gain = kernel.operand(2),
        dx = kernel.operand(3);

  TaskBlocks blocks = blocksOfRows(rows, 3 * n * bytesOf(elementType));
  Span columns = wholeSpan(kernel, n);
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    auto sums = reduceStrips(
        kernel, columns, target, {Fold::Sum, Fold::Sum},
        [&](const Strip &strip, auto sum) {
          Real v = strip.load(x, row);
          sum[0] = mulAdd(v, v, sum[0]);
          sum[1] = mulAdd(strip.load(dy, row) * strip.load(gain), v, sum[1]);
        });
    // dx = rstd * (gain*dy - x * rstd^2 * mean(gain*dy*x))
    Real rstd = reciprocalRms(sums[0], problem);
    Real mean = (1.0 / static_cast<double>(problem.n)) * sums[1];
    Real slope = negate(rstd * rstd * mean);
    forEachStrip(kernel, columns, target, [&](const Strip &strip) {
      Real scaled = strip.load(dy, row) * strip.load(gain);
      strip.store(rstd * mulAdd(strip.load(x, row), slope, scaled), dx, row);
    });
  });
  return kernel.finish(blocks.tasks());
}

/// Sums over the rows of this task's chunk into its row of `partials`: of a
/// row, `ofRow(row)` gives what makes the next sum of a strip and the sum so
/// far.
template <typename OfRow>
static void sumOverChunk(RowsKernel &kernel, const TaskBlocks &blocks,
                         int64_t n, Value partials, const CpuTarget &target,
                         OfRow ofRow) {
  Index chunk = kernel.task();
  Span columns = wholeSpan(kernel, n);
  Real zero = constant(kernel, kernel.getF32Type(), 0);
  forEachStrip(kernel, columns, target,
               [&](const Strip &strip) { strip.store(zero, partials, chunk); });
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    auto next = ofRow(row);
    forEachStrip(kernel, columns, target, [&](const Strip &strip) {
      strip.store(next(strip, strip.load(partials, chunk)), partials, chunk);
    });
  });
}

CpuKernel buildRmsNormGradGainPartials(OpBuilder &builder, Location loc,
                                       StringRef symbol,
                                       const NormProblem &problem,
                                       const CpuTarget &target) {
  const auto [rows, n, eps, elementType, gainType] = problem;
  TaskBlocks blocks = chunksOf(rows);
  Type matrix = bufferType({rows, n}, elementType);
  RowsKernel kernel(
      builder, loc, symbol,
      {matrix, matrix, bufferType({blocks.tasks(), n}, builder.getF32Type())});
  Value dy = kernel.operand(0), x = kernel.operand(1),
        partials = kernel.operand(2);

  sumOverChunk(kernel, blocks, n, partials, target, [&](Index row) {
    Real squares = reduceStrips(kernel, wholeSpan(kernel, n), target,
                                {Fold::Sum}, [&](const Strip &strip, auto sum) {
                                  Real v = strip.load(x, row);
                                  sum[0] = mulAdd(v, v, sum[0]);
                                })[0];
    Real rstd = reciprocalRms(squares, problem);
    return [=](const Strip &strip, Real sum) {
      Real normalized = strip.load(x, row) * rstd;
      return mulAdd(strip.load(dy, row), normalized, sum);
    };
  });
  return kernel.finish(blocks.tasks());
}

namespace {
/// Of a row x of layer_norm: (x - mean) * rstd is normalised.
struct RowStatistics {
  Real mean, rstd;

  Real normalized(Real x) const { return (x - mean) * rstd; }
};
} // namespace

/// The squares of differences are summed in a walk of their own: the difference
/// of two large sums would lose the digits that matter.
static RowStatistics statisticsOf(KernelBuilder &kernel, Value x, Index row,
                                  const NormProblem &problem,
                                  const CpuTarget &target) {
  Span columns = wholeSpan(kernel, problem.n);
  Real sum = reduceStrips(kernel, columns, target, {Fold::Sum},
                          [&](const Strip &strip, auto sum) {
                            sum[0] = sum[0] + strip.load(x, row);
                          })[0];
  Real mean = (1.0 / static_cast<double>(problem.n)) * sum;
  Real squares = reduceStrips(kernel, columns, target, {Fold::Sum},
                              [&](const Strip &strip, auto sum) {
                                Real v = strip.load(x, row) - mean;
                                sum[0] = mulAdd(v, v, sum[0]);
                              })[0];
  return {mean, reciprocalRms(squares, problem)};
}

CpuKernel buildLayerNorm(OpBuilder &builder, Location loc, StringRef symbol,
                         const NormProblem &problem, const CpuTarget &target) {
  const auto [rows, n, eps, elementType, gainType] = problem;
  Type matrix = bufferType({rows, n}, elementType);
  Type vector = bufferType({n}, gainType);
  RowsKernel kernel(builder, loc, symbol, {matrix, vector, vector, matrix});
  Value x = kernel.operand(0), gain = kernel.operand(1),
        bias = kernel.operand(2), y = kernel.operand(3);

  TaskBlocks blocks = blocksOfRows(rows, 2 * n * bytesOf(elementType));
  Span columns = wholeSpan(kernel, n);
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    RowStatistics of = statisticsOf(kernel, x, row, problem, target);
    forEachStrip(kernel, columns, target, [&](const Strip &strip) {
      strip.store(mulAdd(of.normalized(strip.load(x, row)), strip.load(gain),
                         strip.load(bias)),
                  y, row);
    });
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildLayerNormGradX(OpBuilder &builder, Location loc,
                              StringRef symbol, const NormProblem &problem,
                              const CpuTarget &target) {
  const auto [rows, n, eps, elementType, gainType] = problem;
  Type matrix = bufferType({rows, n}, elementType);
  RowsKernel kernel(builder, loc, symbol,
                    {matrix, matrix, bufferType({n}, gainType), matrix});
  Value dy = kernel.operand(0), x = kernel.operand(1), gain = kernel.operand(2),
        dx = kernel.operand(3);

  TaskBlocks blocks = blocksOfRows(rows, 3 * n * bytesOf(elementType));
  Span columns = wholeSpan(kernel, n);
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    RowStatistics of = statisticsOf(kernel, x, row, problem, target);
    auto sums = reduceStrips(
        kernel, columns, target, {Fold::Sum, Fold::Sum},
        [&](const Strip &strip, auto sum) {
          Real scaled = strip.load(dy, row) * strip.load(gain);
          sum[0] = sum[0] + scaled;
          sum[1] = mulAdd(scaled, of.normalized(strip.load(x, row)), sum[1]);
        });
    // dx = rstd * (gain*dy - mean(gain*dy) - n * mean(gain*dy*n))
    double perElement = 1.0 / static_cast<double>(problem.n);
    Real mean = perElement * sums[0];
    Real slope = negate(perElement * sums[1]);
    forEachStrip(kernel, columns, target, [&](const Strip &strip) {
      Real scaled = strip.load(dy, row) * strip.load(gain);
      Real normalized = of.normalized(strip.load(x, row));
      strip.store(of.rstd * mulAdd(normalized, slope, scaled - mean), dx, row);
    });
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildLayerNormGradGainPartials(OpBuilder &builder, Location loc,
                                         StringRef symbol,
                                         const NormProblem &problem,
                                         const CpuTarget &target) {
  const auto [rows, n, eps, elementType, gainType] = problem;
  TaskBlocks blocks = chunksOf(rows);
  Type matrix = bufferType({rows, n}, elementType);
  RowsKernel kernel(
      builder, loc, symbol,
      {matrix, matrix, bufferType({blocks.tasks(), n}, builder.getF32Type())});
  Value dy = kernel.operand(0), x = kernel.operand(1),
        partials = kernel.operand(2);

  sumOverChunk(kernel, blocks, n, partials, target, [&](Index row) {
    RowStatistics of = statisticsOf(kernel, x, row, problem, target);
    return [=](const Strip &strip, Real sum) {
      Real normalized = of.normalized(strip.load(x, row));
      return mulAdd(strip.load(dy, row), normalized, sum);
    };
  });
  return kernel.finish(blocks.tasks());
}

CpuKernel buildRowSumPartials(OpBuilder &builder, Location loc,
                              StringRef symbol, int64_t rows, int64_t n,
                              Type elementType, const CpuTarget &target) {
  TaskBlocks blocks = chunksOf(rows);
  RowsKernel kernel(builder, loc, symbol,
                    {bufferType({rows, n}, elementType),
                     bufferType({blocks.tasks(), n}, builder.getF32Type())});
  Value dy = kernel.operand(0), partials = kernel.operand(1);

  sumOverChunk(kernel, blocks, n, partials, target, [&](Index row) {
    return
        [=](const Strip &strip, Real sum) { return sum + strip.load(dy, row); };
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
    Real zero = constant(kernel, f32, 0);
    forEachStrip(kernel, columns, target,
                 [&](const Strip &strip) { strip.store(zero, sum); });
  }
  kernel.forEach(wholeSpan(kernel, chunks), [&](Index chunk) {
    forEachStrip(kernel, columns, target, [&](const Strip &strip) {
      strip.store(strip.load(sum) + strip.load(partials, chunk), sum);
    });
  });
  return kernel.finish(blocks.tasks());
}

} // namespace flm::cpu
