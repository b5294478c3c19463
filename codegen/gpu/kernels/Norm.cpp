//===----------------------------------------------------------------------===//
// RMSNorm, forward: a warp reads its row twice, the second time from the cache.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/Norm.h"
#include "codegen/gpu/kernels/RowVectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

static SmallVector<KernelArgument> rmsNormArguments(DeviceBuilder &d,
                                                    RmsNormAttr norm) {
  MLIRContext *context = d.getContext();
  AffineExpr rows, columns;
  bindDims(context, rows, columns);
  auto global = LLVM::LLVMPointerType::get(context, 1);
  SmallVector<KernelArgument> result;
  auto add = [&](StringRef name, Access access, Type type,
                 ArrayRef<AffineExpr> shape, int64_t rowBytes) {
    result.push_back(
        {global,
         OperandAttr::get(context, name, access, type,
                          AffineMap::get(2, 0, shape, context), rowBytes),
         TensorMapAttr()});
  };
  Type type = norm.getType();
  int64_t rowBytes = WideVectors::bytes;
  add("x", Access::Read, type, {rows, columns}, rowBytes);
  if (norm.getResidual()) {
    add("residual", Access::Read, type, {rows, columns}, rowBytes);
    add("sum", Access::Write, type, {rows, columns}, rowBytes);
  }
  add("gain", Access::Read, type, {columns}, rowBytes);
  add("y", Access::Write, type, {rows, columns}, rowBytes);
  add("inverse_rms", Access::Write, d.getF32Type(), {rows}, 1);
  for (int i = 0; i < 2; ++i)
    result.push_back({d.getI32Type(), OperandAttr(), TensorMapAttr()});
  return result;
}

/// 1 / sqrt(x) with the precision of the special function unit.
static Value inverseSquareRoot(DeviceBuilder &d, Value x) {
  return LLVM::CallIntrinsicOp::create(
             d, d.getF32Type(), d.getStringAttr("llvm.nvvm.rsqrt.approx.ftz.f"),
             ValueRange{x})
      .getResult(0);
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, RmsNormAttr norm) {
  OpBuilder::InsertionGuard guard(d);
  AffineExpr blocks =
      getAffineDimExpr(0, d.getContext()).ceilDiv(norm.getWarps());
  auto launch =
      LaunchAttr::get(d.getContext(), norm.getWarps() * 32,
                      /*cluster=*/1, /*shared=*/0,
                      /*persistent=*/false, AffineMap::get(2, 0, blocks));
  LLVM::LLVMFuncOp function =
      d.beginKernel(norm.symbolName(), rmsNormArguments(d, norm), launch, norm);
  unsigned i = 0;
  auto take = [&] { return function.getArgument(i++); };
  Value x = take(), residual, sum;
  if (norm.getResidual()) {
    residual = take();
    sum = take();
  }
  Value gain = take(), y = take(), inverseRms = take();
  I32 rows = d.i32(take()), columns = d.i32(take());

  RowVectors vectors(d, norm.getType(), columns, norm.getWarps());
  WideVectors &wide = vectors.wide();
  I32 row = vectors.row();
  // Whole warps leave, so the sums below have all their lanes.
  d.ifThen(row < rows, [&] {
    Value squares = vectors.forEach(
        d.f32(0), [&](I32 column, ValueRange carried) -> SmallVector<Value> {
          Value values = vectors.load(x, row, column);
          if (norm.getResidual()) {
            Value added = arith::AddFOp::create(
                d, values, vectors.load(residual, row, column));
            // What later layers read is the rounded sum.
            Value rounded = wide.round(added);
            vectors.store(rounded, sum, row, column);
            values = wide.widen(rounded);
          }
          Value square = arith::MulFOp::create(d, values, values);
          return {arith::AddFOp::create(d, carried[0], wide.sumOf(square))};
        })[0];
    Value count = arith::UIToFPOp::create(d, d.getF32Type(), columns.value());
    Value mean = arith::DivFOp::create(d, vectors.sumOverWarp(squares), count);
    Value scale = inverseSquareRoot(
        d, arith::AddFOp::create(d, mean,
                                 d.f32(norm.getEps().getValueAsDouble())));
    d.ifThen(vectors.lane() == 0, [&] {
      d.store(scale,
              d.globalElement(inverseRms, d.getF32Type(), d.constant(0),
                              d.constant(0), row),
              4);
    });
    // Each lane reads what it wrote itself.
    Value input = norm.getResidual() ? sum : x;
    Value scales = wide.broadcast(scale);
    vectors.forEach([&](I32 column) {
      Value normalized =
          arith::MulFOp::create(d, vectors.load(input, row, column), scales);
      Value result =
          arith::MulFOp::create(d, normalized, vectors.load(gain, column));
      vectors.store(wide.round(result), y, row, column);
    });
  });
  return function;
}
