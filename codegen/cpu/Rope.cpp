//===----------------------------------------------------------------------===//
// The kernel of rotary position embedding.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Rope.h"

#include "codegen/cpu/Rows.h"

using namespace mlir;

namespace flm::cpu {

CpuKernel buildRope(OpBuilder &builder, Location loc, StringRef symbol,
                    const RopeProblem &problem, const CpuTarget &target) {
  assert(problem.headDim % 2 == 0 && "pairs need an even head dimension");
  const int64_t width = problem.heads * problem.headDim;
  const int64_t half = problem.headDim / 2;
  Type tensor =
      bufferType({problem.batch, problem.seq, width}, problem.elementType);
  RowsKernel kernel(
      builder, loc, symbol,
      {tensor, bufferType({problem.seq, problem.headDim}, builder.getF32Type()),
       tensor});
  Value x = kernel.operand(0), table = kernel.operand(1), y = kernel.operand(2);

  TaskBlocks blocks = blocksOfRows(problem.batch * problem.seq,
                                   2 * width * bytesOf(problem.elementType));
  kernel.forEach(kernel.taskSpan(blocks), [&](Index row) {
    Index position = row % problem.seq;
    Index at[] = {row / problem.seq, position};
    kernel.forEach(wholeSpan(kernel, problem.heads), [&](Index head) {
      Index start = head * problem.headDim;
      forEachStrip(kernel, wholeSpan(kernel, half), target,
                   [&](const Strip &pair) {
                     Real cosine = pair.load(table, position);
                     Real sine = (pair + half).load(table, position);
                     if (problem.inverse)
                       sine = negate(sine);
                     Strip low = pair + start, high = low + half;
                     Real u = low.load(x, at), v = high.load(x, at);
                     low.store(mulAdd(u, cosine, negate(v * sine)), y, at);
                     high.store(mulAdd(v, cosine, u * sine), y, at);
                   });
    });
  });
  return kernel.finish(blocks.tasks());
}

} // namespace flm::cpu
