//===----------------------------------------------------------------------===//
// Kernels that sum elements in one order.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Reduction.h"

#include "codegen/cpu/Rows.h"
#include "runtime/abi/Collectives.h"

using namespace mlir;

namespace flm::cpu {

/// Elements that are summed in f32 before f64 takes over: at most some hundred
/// additions per lane, while folding the lanes costs nothing beside them.
static constexpr int64_t groupElements = 4096;

static Real addSummand(Summand summand, Real x, Real sum) {
  switch (summand) {
  case Summand::Element:
    return sum + x;
  case Summand::Square:
    return mulAdd(x, x, sum);
  case Summand::Magnitude:
    return sum + abs(x);
  }
  llvm_unreachable("every summand has a case");
}

CpuKernel buildChunkSums(OpBuilder &builder, Location loc, StringRef symbol,
                         const ReductionProblem &problem,
                         const CpuTarget &target) {
  TaskBlocks chunks = {problem.count, std::min(problem.count, reductionChunk)};
  Type f32 = builder.getF32Type(), f64 = builder.getF64Type();
  RowsKernel kernel(builder, loc, symbol,
                    {bufferType({problem.count}, problem.elementType),
                     bufferType({chunks.tasks()}, f32)});
  Value x = kernel.operand(0), partials = kernel.operand(1);

  Real sum = kernel.sumOver(
      kernel.taskSpan(chunks), groupElements, constant(kernel, f64, 0),
      [&](Span group, Real sum) {
        Real part = reduceStrips(
            kernel, group, target, {Fold::Sum},
            [&](const Strip &strip, auto lanes) {
              lanes[0] = addSummand(problem.summand, strip.load(x), lanes[0]);
            })[0];
        return sum + convert(part, f64);
      });
  kernel.storeReal(sum, partials, kernel.task());
  return kernel.finish(chunks.tasks());
}

CpuKernel buildFoldChunkSums(OpBuilder &builder, Location loc, StringRef symbol,
                             int64_t chunks, double factor,
                             const CpuTarget &target) {
  Type f32 = builder.getF32Type(), f64 = builder.getF64Type();
  RowsKernel kernel(builder, loc, symbol,
                    {bufferType({chunks}, f32), bufferType({1}, f32)});
  Real sum =
      kernel.sumOver(wholeSpan(kernel, chunks), 1, constant(kernel, f64, 0),
                     [&](Span chunk, Real sum) {
                       Real part =
                           kernel.loadReal(kernel.operand(0), chunk.begin);
                       return sum + convert(part, f64);
                     });
  kernel.storeReal(factor * sum, kernel.operand(1), kernel.index(0));
  return kernel.finish(/*tasks=*/1);
}

CpuKernel buildChunkSquares(OpBuilder &builder, Location loc, StringRef symbol,
                            int64_t chunks, int64_t length, Type elementType,
                            const CpuTarget &target) {
  Type f32 = builder.getF32Type(), f64 = builder.getF64Type();
  RowsKernel kernel(
      builder, loc, symbol,
      {bufferType({chunks, length}, elementType), bufferType({chunks}, f32)});
  TaskBlocks blocks = blocksOfRows(chunks, length * bytesOf(elementType));
  kernel.forEach(kernel.taskSpan(blocks), [&](Index chunk) {
    Real sum =
        reduceStrips(kernel, wholeSpan(kernel, length), target, {Fold::WideSum},
                     [&](const Strip &strip, auto lanes) {
                       // The square of an f32 is exact in f64.
                       Real x =
                           convert(strip.load(kernel.operand(0), chunk), f64);
                       lanes[0] = lanes[0] + x * x;
                     })[0];
    kernel.storeReal(sum, kernel.operand(1), chunk);
  });
  return kernel.finish(blocks.tasks());
}

/// The sum over `slots` slots of `x` from `first` on.
static Real foldSlots(const Strip &strip, RowsKernel &kernel, Value x,
                      int64_t first, int64_t slots) {
  if (slots == 1)
    return strip.load(x, kernel.index(first));
  int64_t head = abi::foldHead(slots);
  Real front = foldSlots(strip, kernel, x, first, head);
  return front + foldSlots(strip, kernel, x, first + head, slots - head);
}

CpuKernel buildFoldSlots(OpBuilder &builder, Location loc, StringRef symbol,
                         int64_t slots, int64_t count, Type elementType,
                         const CpuTarget &target) {
  RowsKernel kernel(builder, loc, symbol,
                    {bufferType({slots, count}, elementType),
                     bufferType({count}, elementType)});
  TaskBlocks blocks = blocksOfElements(
      count, std::min((slots + 1) * bytesOf(elementType), taskBytes));
  forEachStrip(
      kernel, kernel.taskSpan(blocks), target, [&](const Strip &strip) {
        strip.store(foldSlots(strip, kernel, kernel.operand(0), 0, slots),
                    kernel.operand(1));
      });
  return kernel.finish(blocks.tasks());
}

} // namespace flm::cpu
