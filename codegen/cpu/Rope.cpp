//===----------------------------------------------------------------------===//
// The kernel of rotary position embedding.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Rope.h"

#include "codegen/cpu/Rows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

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
  ImplicitLocOpBuilder &b = kernel.b;
  Value x = kernel.operand(0), table = kernel.operand(1), y = kernel.operand(2);

  TaskBlocks blocks = blocksOfRows(problem.batch * problem.seq,
                                   2 * width * bytesOf(problem.elementType));
  Value seq = kernel.index(problem.seq), halfWidth = kernel.index(half);
  Value headDim = kernel.index(problem.headDim);
  kernel.forEachRow(blocks, [&](Value row) {
    Value position = arith::RemUIOp::create(b, row, seq);
    Value at[] = {arith::DivUIOp::create(b, row, seq), position};
    kernel.forEach(wholeSpan(b, problem.heads), [&](Value head) {
      Value start = arith::MulIOp::create(b, head, headDim);
      forEachBlock(b, wholeSpan(b, half), target, [&](const Block &pair) {
        Real cosine = pair.load(table, position);
        Real sine = pair.shifted(halfWidth).load(table, position);
        if (problem.inverse)
          sine = negate(sine);
        Block low = pair.shifted(start), high = low.shifted(halfWidth);
        Real u = low.load(x, at), v = high.load(x, at);
        low.store(mulAdd(u, cosine, negate(v * sine)), y, at);
        high.store(mulAdd(v, cosine, u * sine), y, at);
      });
    });
  });
  return kernel.finish(blocks.tasks());
}

} // namespace flm::cpu
