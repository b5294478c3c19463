//===----------------------------------------------------------------------===//
// The sum of the rows of a matrix: the warps of a block share its columns'
// rows.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/BatchedLoop.h"
#include "codegen/gpu/kernels/device/RowKernel.h"
#include "codegen/gpu/kernels/device/Synchronization.h"
#include "codegen/gpu/kernels/norm/Norm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flm::gpu;

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, ColumnSumAttr sum) {
  OpBuilder::InsertionGuard guard(d);
  RowKernel kernel(d, sum, {"rows", "columns"});
  WideVectors input(d, sum.getType());
  int64_t width = input.width(), warps = sum.getWarps();
  AffineExpr columnsExpr = kernel.size("columns");
  kernel.tensor("x", Access::Read, sum.getType(),
                {kernel.size("rows"), columnsExpr}, width);
  kernel.tensor("sum", sum.getAccumulate() ? Access::Update : Access::Write,
                d.getF32Type(), columnsExpr, width);
  LLVM::LLVMFuncOp function = kernel.begin(columnsExpr.ceilDiv(32 * width),
                                           32 * warps, warps * 32 * width * 4);

  WideVectors sums(d, d.getF32Type(), width);
  I32 rows = kernel.sizeValue("rows"), columns = kernel.sizeValue("columns");
  I32 warp = d.warpUniform(d.threadIndex() >> 5), lane = d.threadIndex() & 31;
  I32 column = (d.blockIndex() * 32 + lane) * width;
  Value inRange = column < columns;
  auto add = [&](Value a, Value b) -> Value {
    return arith::AddFOp::create(d, a, b);
  };
  // A warp's sums of 32 vectors lie together.
  auto slot = [&](I32 warp) {
    return d.shared((warp * 32 + lane) * (4 * width));
  };

  d.ifThen(inRange, [&] {
    BatchedLoop loop{warp, rows, d.constant(warps), /*batch=*/4};
    Value partial = loop.run(
        d, sums.broadcast(d.f32(0)),
        [&](ArrayRef<I32> positions, ValueRange carried) {
          Value result = carried[0];
          for (I32 row : positions)
            result = add(result, input.load(d.globalElement(kernel["x"].pointer,
                                                            sum.getType(), row,
                                                            columns, column)));
          return SmallVector<Value>{result};
        })[0];
    sums.store(partial, slot(warp));
  });
  {
    DeviceBuilder::Named name(d, "sums of warps are written");
    blockBarrier(d);
  }
  Value first = warp == 0;
  d.ifThen(arith::AndIOp::create(d, first, inRange), [&] {
    Value total = sums.load(slot(d.constant(0)));
    for (int64_t other = 1; other < warps; ++other)
      total = add(total, sums.load(slot(d.constant(other))));
    Value address = d.globalElement(kernel["sum"].pointer, d.getF32Type(),
                                    d.constant(0), d.constant(0), column);
    if (sum.getAccumulate())
      total = add(sums.load(address), total);
    sums.store(total, address);
  });
  return function;
}
