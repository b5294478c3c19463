//===----------------------------------------------------------------------===//
// Rotary position embedding: a walk over a matrix of pairs, one row per token,
// head by head. A thread rotates the vector of first elements with the vector
// of second elements, half a head further.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/Rope.h"
#include "codegen/gpu/kernels/device/F32.h"
#include "codegen/gpu/kernels/device/VectorWalk.h"
#include "codegen/gpu/kernels/device/WideVectors.h"

using namespace mlir;
using namespace flm::gpu;

/// Vectors per thread: with the table, six loads of 16 bytes each.
static constexpr int64_t unrolled = 1;

static SmallVector<KernelArgument> ropeArguments(DeviceBuilder &d,
                                                 RopeAttr rope) {
  MLIRContext *context = d.getContext();
  AffineExpr tokens, seq, heads;
  bindDims(context, tokens, seq, heads);
  AffineExpr width = heads * rope.getHeadDim();
  AffineExpr headDim = getAffineConstantExpr(rope.getHeadDim(), context);
  auto tensor = [&](StringRef name, Access access, Type type,
                    ArrayRef<AffineExpr> shape) {
    return KernelArgument{LLVM::LLVMPointerType::get(context, 1),
                          OperandAttr::get(context, name, access, type,
                                           AffineMap::get(3, 0, shape, context),
                                           WideVectors::bytes),
                          TensorMapAttr()};
  };
  SmallVector<KernelArgument> result = {
      tensor("x", Access::Read, rope.getType(), {tokens, width}),
      tensor("table", Access::Read, d.getF32Type(), {seq, headDim}),
      tensor("y", Access::Write, rope.getType(), {tokens, width})};
  result.append(3, {d.getI32Type(), OperandAttr(), TensorMapAttr()});
  return result;
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, RopeAttr rope) {
  MLIRContext *context = d.getContext();
  Type type = rope.getType(), f32 = d.getF32Type();
  int64_t headDim = rope.getHeadDim(), half = headDim / 2;
  WideVectors elements(d, type);
  WideVectors angles(d, f32, elements.width());
  VectorWalk walk(d, elements.width(), unrolled);
  auto tiles = walk.blocks(getAffineDimExpr(0, context),
                           getAffineDimExpr(2, context) * half);
  auto launch = LaunchAttr::get(context, VectorWalk::threads, /*cluster=*/1,
                                /*shared=*/0, /*persistent=*/false,
                                AffineMap::get(3, 0, tiles, context));

  OpBuilder::InsertionGuard guard(d);
  LLVM::LLVMFuncOp function =
      d.beginKernel(rope.symbolName(), ropeArguments(d, rope), launch, rope);
  Value x = function.getArgument(0), table = function.getArgument(1),
        y = function.getArgument(2);
  I32 tokens = d.i32(function.getArgument(3)),
      seq = d.i32(function.getArgument(4)),
      heads = d.i32(function.getArgument(5));

  auto rotate = [&](VectorWalk::Place pair) {
    I32 head = pair.column / half, element = pair.column % half;
    I32 first = head * headDim + element;
    auto at = [&](Value tensor, I32 column) {
      return d.globalElement(tensor, type, pair.row, heads * headDim, column);
    };
    auto angle = [&](I32 column) {
      Value address = d.globalElement(table, f32, pair.row % seq,
                                      d.constant(headDim), column);
      return F32(d, angles.load(address));
    };
    F32 u(d, elements.load(at(x, first))),
        v(d, elements.load(at(x, first + half)));
    F32 cosine = angle(element), sine = angle(element + half);
    if (rope.getInverse())
      sine = -sine;
    F32 low = fma(u, cosine, -(v * sine)), high = fma(v, cosine, u * sine);
    elements.store(elements.round(low.value()), at(y, first));
    elements.store(elements.round(high.value()), at(y, first + half));
  };
  walk.forEachInMatrix(tokens, heads * half,
                       [&](ArrayRef<VectorWalk::Place> places, int64_t) {
                         for (VectorWalk::Place place : places)
                           rotate(place);
                       });
  return function;
}
