//===----------------------------------------------------------------------===//
// Rows of a table, one per token.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/embedding/Embedding.h"
#include "codegen/gpu/kernels/device/RowKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flm::gpu;

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, EmbeddingAttr embedding) {
  OpBuilder::InsertionGuard guard(d);
  RowKernel kernel(d, embedding, {"tokens", "vocab", "columns"});
  Type type = embedding.getType();
  Type tableType = embedding.getTableType() ? embedding.getTableType() : type;
  RowSchedule schedule{embedding.getWarps(), embedding.getTeam()};
  int64_t width = WideVectors(d, type).width();
  AffineExpr tokens = kernel.size("tokens"), columns = kernel.size("columns");
  kernel.tensor("tokens", Access::Read, d.getI32Type(), tokens);
  kernel.tensor("table", Access::Read, tableType,
                {kernel.size("vocab"), columns}, width);
  kernel.tensor("y", Access::Write, type, {tokens, columns}, width);
  LLVM::LLVMFuncOp function = kernel.begin(
      tokens.ceilDiv(schedule.teams()), schedule.threads(), /*sharedBytes=*/0);

  RowVectors rows(d, type, kernel.sizeValue("columns"), schedule);
  I32 row = rows.team();
  WideVectors wide = rows.wide(type);
  d.ifThen(row < kernel.sizeValue("tokens"), [&] {
    I32 token = d.i32(rows.loadScalar(kernel["tokens"], row));
    d.ifThenElse(
        // -1 is a large number.
        token < kernel.sizeValue("vocab"),
        [&] {
          rows.forEach([&](const RowVector &at) {
            if (tableType == type)
              rows.write(rows.read(kernel["table"], token, at), kernel["y"],
                         row, at);
            else
              rows.store(rows.load(kernel["table"], token, at), kernel["y"],
                         row, at);
          });
        },
        [&] {
          Value zeros =
              arith::ConstantOp::create(d, d.getZeroAttr(wide.storedType()));
          rows.forEach([&](const RowVector &at) {
            rows.write(zeros, kernel["y"], row, at);
          });
        });
  });
  return function;
}
