//===----------------------------------------------------------------------===//
// The gradient of an embedding: positions sorted by token, then a sum per
// token.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/BatchedLoop.h"
#include "codegen/gpu/kernels/device/RowKernel.h"
#include "codegen/gpu/kernels/embedding/Embedding.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flm::gpu;

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, TokenOrderAttr order) {
  OpBuilder::InsertionGuard guard(d);
  RowKernel kernel(d, order, {"tokens"});
  AffineExpr count = kernel.size("tokens");
  for (StringRef name : {"tokens", "order", "ends"})
    kernel.tensor(name, name == "tokens" ? Access::Read : Access::Write,
                  d.getI32Type(), count);
  RowSchedule schedule{order.getWarps(), /*team=*/1};
  LLVM::LLVMFuncOp function =
      kernel.begin(count.ceilDiv(schedule.teams()), schedule.threads(),
                   schedule.sharedBytes());

  // A row per position, whose columns are all positions.
  I32 tokens = kernel.sizeValue("tokens");
  RowVectors rows(d, d.getI32Type(), tokens, schedule);
  I32 position = rows.team();
  d.ifThen(position < tokens, [&] {
    I32 token = d.i32(rows.loadScalar(kernel["tokens"], position));
    // How many tokens are smaller; are the same; and of these stand before.
    BatchedLoop loop{rows.member(), tokens, d.constant(32), /*batch=*/4};
    I32 zero = d.constant(0);
    SmallVector<Value> counts =
        loop.run(d, {zero.value(), zero.value(), zero.value()},
                 [&](ArrayRef<I32> positions, ValueRange carried) {
                   I32 smaller = d.i32(carried[0]), same = d.i32(carried[1]),
                       before = d.i32(carried[2]);
                   for (I32 other : positions) {
                     I32 its = d.i32(rows.loadScalar(kernel["tokens"], other));
                     I32 isSame = d.fromBool(its == token);
                     smaller = smaller + d.fromBool(its < token);
                     same = same + isSame;
                     before = before + d.select(other < position, isSame, zero);
                   }
                   return SmallVector<Value>{smaller.value(), same.value(),
                                             before.value()};
                 });
    I32 smaller = d.i32(rows.sum(counts[0])), same = d.i32(rows.sum(counts[1])),
        before = d.i32(rows.sum(counts[2]));
    I32 place = smaller + before;
    rows.storeScalar(position.value(), kernel["order"], place);
    rows.storeScalar(d.select(before == 0, smaller + same, zero).value(),
                     kernel["ends"], place);
  });
  return function;
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d,
                                 EmbeddingGradientAttr gradient) {
  OpBuilder::InsertionGuard guard(d);
  RowKernel kernel(d, gradient, {"tokens", "vocab", "columns"});
  Type type = gradient.getType();
  RowSchedule schedule{gradient.getWarps(), /*team=*/1};
  int64_t width = WideVectors(d, type).width();
  int64_t sliceColumns = schedule.threads() * width;
  AffineExpr count = kernel.size("tokens"), columns = kernel.size("columns");
  kernel.tensor("d_y", Access::Read, type, {count, columns}, width);
  for (StringRef name : {"tokens", "order", "ends"})
    kernel.tensor(name, Access::Read, d.getI32Type(), count);
  kernel.tensor("d_table", Access::Update, d.getF32Type(),
                {kernel.size("vocab"), columns}, width);
  LLVM::LLVMFuncOp function =
      kernel.begin({count, columns.ceilDiv(sliceColumns)}, schedule.threads(),
                   /*sharedBytes=*/0);

  RowVectors rows(d, type, kernel.sizeValue("columns"), schedule);
  // Slices of one place are neighbours.
  I32 slices = (kernel.sizeValue("columns") + (sliceColumns - 1)) /
               d.constant(sliceColumns);
  I32 place = d.blockIndex() / slices, slice = d.blockIndex() % slices;
  RowVector at{slice * sliceColumns + d.threadIndex() * width, -1, Value(),
               /*partial=*/false};
  I32 end = d.i32(rows.loadScalar(kernel["ends"], place));
  auto positionAt = [&](I32 place) {
    return d.i32(rows.loadScalar(kernel["order"], place));
  };
  // 0 where another block has the token.
  Value mine = arith::AndIOp::create(d, place < end,
                                     at.column < kernel.sizeValue("columns"));
  d.ifThen(mine, [&] {
    I32 token = d.i32(rows.loadScalar(kernel["tokens"], positionAt(place)));
    d.ifThen(token < kernel.sizeValue("vocab"), [&] {
      auto add = [&](Value a, Value b) -> Value {
        return arith::AddFOp::create(d, a, b);
      };
      RowTensor table = kernel["d_table"];
      Value initial = gradient.getAccumulate()
                          ? rows.load(table, token, at)
                          : rows.wide(d.getF32Type()).broadcast(d.f32(0));
      BatchedLoop loop{place, end, d.constant(1), /*batch=*/4};
      Value sum =
          loop.run(d, initial, [&](ArrayRef<I32> places, ValueRange carried) {
            SmallVector<Value> addends =
                llvm::map_to_vector(places, [&](I32 place) {
                  return rows.load(kernel["d_y"], positionAt(place), at);
                });
            Value result = carried[0];
            for (Value addend : addends)
              result = add(result, addend);
            return SmallVector<Value>{result};
          })[0];
      rows.store(sum, table, token, at);
    });
  });
  return function;
}
