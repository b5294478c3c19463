//===----------------------------------------------------------------------===//
// The norm of the gradients in two stages: a warp sums the squares of a chunk,
// then one block adds the sums of all chunks. Both add in an order that no
// schedule changes, in f64: the square of an f32 is exact there, and rounding
// to f32 happens once per stage.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/F32.h"
#include "codegen/gpu/kernels/device/LaneReduction.h"
#include "codegen/gpu/kernels/device/Synchronization.h"
#include "codegen/gpu/kernels/device/WideVectors.h"
#include "codegen/gpu/kernels/train/Optimizer.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

static KernelArgument tensor(DeviceBuilder &d, StringRef name, Access access,
                             Type type, unsigned sizes,
                             ArrayRef<AffineExpr> shape) {
  MLIRContext *context = d.getContext();
  return {LLVM::LLVMPointerType::get(context, 1),
          OperandAttr::get(context, name, access, type,
                           AffineMap::get(sizes, 0, shape, context), 1),
          TensorMapAttr()};
}

static KernelArgument size(DeviceBuilder &d) {
  return {d.getI32Type(), OperandAttr(), TensorMapAttr()};
}

static Value zeros(DeviceBuilder &d, VectorType type) {
  return arith::ConstantOp::create(d, DenseElementsAttr::get(type, 0.0));
}

/// The element of a tensor of one dim.
static Value at(DeviceBuilder &d, Value pointer, Type type, I32 index) {
  return d.globalElement(pointer, type, d.constant(0), d.constant(0), index);
}

/// The sum over a vector's elements, in their order.
static Value sumOfElements(DeviceBuilder &d, Value vector, int64_t width) {
  Value sum = d.element(vector, 0);
  for (int64_t i = 1; i < width; ++i)
    sum = arith::AddFOp::create(d, sum, d.element(vector, i));
  return sum;
}

//===----------------------------------------------------------------------===//
// Squares of a chunk
//===----------------------------------------------------------------------===//

/// The sum of a warp's chunk, in all lanes: each lane keeps a sum per element
/// of its vectors.
static Value sumOfSquares(DeviceBuilder &d, Type type, Value x, I32 chunk,
                          I32 length, int64_t width) {
  I32 lane = d.threadIndex() & 31;
  WideVectors vectors(d, type, width);
  auto wide = VectorType::get({width}, d.getF64Type());
  Value sums =
      d.loop(lane * width, length, d.constant(32 * width), zeros(d, wide),
             [&](I32 element, ValueRange carried) -> SmallVector<Value> {
               Value loaded = vectors.load(
                   d.globalElement(x, type, chunk, length, element));
               Value exact = arith::ExtFOp::create(d, wide, loaded);
               return {LLVM::FMAOp::create(d, exact, exact, carried[0])};
             })[0];
  return sumOverLanes(d, sumOfElements(d, sums, width), 32);
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, ChunkSquaresAttr squares) {
  constexpr int64_t warps = 8;
  MLIRContext *context = d.getContext();
  AffineExpr chunkCount, chunkLength;
  bindDims(context, chunkCount, chunkLength);
  Type type = squares.getType(), f32 = d.getF32Type();
  auto launch = LaunchAttr::get(
      context, warps * 32, /*cluster=*/1, /*shared=*/0, /*persistent=*/false,
      AffineMap::get(2, 0, chunkCount.ceilDiv(warps)));

  OpBuilder::InsertionGuard guard(d);
  LLVM::LLVMFuncOp function = d.beginKernel(
      squares.symbolName(),
      {tensor(d, "x", Access::Read, type, 2, {chunkCount, chunkLength}),
       tensor(d, "sums", Access::Write, f32, 2, {chunkCount}), size(d),
       size(d)},
      launch, squares);
  Value x = function.getArgument(0), sums = function.getArgument(1);
  I32 chunks = d.i32(function.getArgument(2)),
      length = d.i32(function.getArgument(3));

  I32 chunk = d.blockIndex() * warps + d.warpUniform(d.threadIndex() >> 5);
  auto sum = [&](int64_t width) {
    Value total = sumOfSquares(d, type, x, chunk, length, width);
    d.ifThen((d.threadIndex() & 31) == 0, [&] {
      d.store(arith::TruncFOp::create(d, f32, total), at(d, sums, f32, chunk),
              4);
    });
  };
  // Whole warps leave, so the sums have all their lanes.
  d.ifThen(chunk < chunks, [&] {
    int64_t width = WideVectors::widthOf(type);
    d.ifThenElse(length % width == 0, [&] { sum(width); }, [&] { sum(1); });
  });
  return function;
}

//===----------------------------------------------------------------------===//
// The total of all chunks
//===----------------------------------------------------------------------===//

/// The total over the block, in its first warp: each warp leaves its sum in
/// shared memory.
static Value sumOverBlock(DeviceBuilder &d, Value value) {
  constexpr int64_t warps = ChunkTotalAttr::threads / 32;
  static_assert(warps == 32, "one warp adds the sums of all warps");
  I32 lane = d.threadIndex() & 31, warp = d.threadIndex() >> 5;
  Value sum = sumOverLanes(d, value, 32);
  d.ifThen(lane == 0, [&] { d.store(sum, d.shared(warp * 8), 8); });
  {
    DeviceBuilder::Named name(d, "warps have summed");
    blockBarrier(d);
  }
  return sumOverLanes(d, d.load(d.getF64Type(), d.shared(lane * 8), 8), 32);
}

/// What one thread adds: in rounds of the block, four vectors of 16 bytes per
/// thread, whose loads do not wait for each other; then what is left.
static Value sumOfThread(DeviceBuilder &d, Value sums, I32 count) {
  constexpr int64_t unrolled = 4, threads = ChunkTotalAttr::threads;
  Type f32 = d.getF32Type();
  WideVectors vectors(d, f32);
  int64_t width = vectors.width(), step = threads * width;
  auto wide = VectorType::get({width}, d.getF64Type());
  I32 whole = count / (unrolled * step) * (unrolled * step);
  Value byElement = d.loop(
      d.constant(0), whole, d.constant(unrolled * step), zeros(d, wide),
      [&](I32 round, ValueRange carried) -> SmallVector<Value> {
        SmallVector<Value> loaded;
        for (int64_t i = 0; i < unrolled; ++i)
          loaded.push_back(vectors.load(
              at(d, sums, f32, round + d.threadIndex() * width + i * step)));
        Value sum = carried[0];
        for (Value vector : loaded)
          sum = arith::AddFOp::create(d, sum,
                                      arith::ExtFOp::create(d, wide, vector));
        return {sum};
      })[0];
  return d.loop(whole + d.threadIndex(), count, d.constant(threads),
                sumOfElements(d, byElement, width),
                [&](I32 i, ValueRange carried) -> SmallVector<Value> {
                  Value sum = d.load(f32, at(d, sums, f32, i), 4);
                  Value exact = arith::ExtFOp::create(d, d.getF64Type(), sum);
                  return {arith::AddFOp::create(d, carried[0], exact)};
                })[0];
}

/// The clip factor; see ChunkTotalAttr.
static F32 clipFactor(F32 clip, F32 norm) {
  F32 ratio = clip / (1e-6 + norm), one = norm.number(1);
  // Written so that a NaN ratio stays.
  F32 limited = select(greater(ratio, one), one, ratio);
  return select(greater(clip, norm.number(0)), limited, one);
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, ChunkTotalAttr attr) {
  constexpr int64_t threads = ChunkTotalAttr::threads;
  MLIRContext *context = d.getContext();
  AffineExpr chunkCount = getAffineDimExpr(0, context),
             one = getAffineConstantExpr(1, context),
             hyperCount = getAffineConstantExpr(abi::hyperCount, context);
  Type f32 = d.getF32Type();
  SmallVector<KernelArgument> arguments = {
      tensor(d, "sums", Access::Read, f32, 1, {chunkCount})};
  if (attr.getClip())
    arguments.append({tensor(d, "hyper", Access::Read, f32, 1, {hyperCount}),
                      tensor(d, "norm", Access::Write, f32, 1, {one}),
                      tensor(d, "coef", Access::Write, f32, 1, {one})});
  else
    arguments.push_back(tensor(d, "total", Access::Write, f32, 1, {one}));
  unsigned tensors = arguments.size();
  arguments.push_back(size(d));
  auto launch =
      LaunchAttr::get(context, threads, /*cluster=*/1, /*shared=*/threads / 4,
                      /*persistent=*/false, AffineMap::get(1, 0, one));

  OpBuilder::InsertionGuard guard(d);
  LLVM::LLVMFuncOp function =
      d.beginKernel(attr.symbolName(), arguments, launch, attr);
  Value sums = function.getArgument(0);
  I32 count = d.i32(function.getArgument(tensors));

  Value own = sumOfThread(d, sums, count);
  F32 total(d, arith::TruncFOp::create(d, f32, sumOverBlock(d, own)));
  auto write = [&](F32 value, unsigned argument) {
    d.store(value.value(), function.getArgument(argument), 4);
  };
  d.ifThen(d.threadIndex() == 0, [&] {
    if (!attr.getClip()) {
      write(total, 1);
      return;
    }
    I32 clip = d.constant(static_cast<int64_t>(Hyper::clip));
    F32 norm = sqrt(total);
    F32 limit(d, d.load(f32, at(d, function.getArgument(1), f32, clip), 4));
    write(norm, 2);
    write(clipFactor(limit, norm), 3);
  });
  return function;
}
