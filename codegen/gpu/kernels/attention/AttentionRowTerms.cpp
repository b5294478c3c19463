//===----------------------------------------------------------------------===//
// Row terms of the backward pass of attention: a few threads per row, 16 bytes
// each, rows of one head in a block.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/Attention.h"
#include "codegen/gpu/kernels/attention/AttentionCall.h"
#include "codegen/gpu/kernels/device/F32.h"
#include "codegen/gpu/kernels/device/LaneReduction.h"
#include "codegen/gpu/kernels/device/WideVectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace flm::gpu;

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d,
                                 AttentionRowTermsAttr terms) {
  OpBuilder::InsertionGuard guard(d);
  int64_t headDim = terms.getHeadDim(), blockRows = terms.rows();
  using Heads = AttentionCall::Heads;
  AttentionCall call(d, headDim, /*withKeys=*/false);
  Value o, gradient, logSumExp, delta, lse2;
  call.addRows("o", Access::Read, Heads::Query, /*boxRows=*/0, o);
  call.addRows("do", Access::Read, Heads::Query, /*boxRows=*/0, gradient);
  call.addTerms("lse", Access::Read, call.seq(), logSumExp);
  call.addTerms("delta", Access::Write, call.paddedSeq(), delta);
  call.addTerms("lse2", Access::Write, call.paddedSeq(), lse2);
  LLVM::LLVMFuncOp function = call.begin(
      terms.symbolName(),
      {terms.threads,
       /*shared=*/0,
       {call.paddedSeq().floorDiv(blockRows), call.heads(), call.batch()}},
      terms);

  AttentionCall::Sizes sizes = call.sizes();
  I32 seq = sizes.seq, heads = sizes.heads, padded = sizes.paddedSeq();
  I32 perHead = padded / blockRows;
  I32 headOfBatch = d.blockIndex() / perHead;
  I32 row = d.blockIndex() % perHead * blockRows +
            d.threadIndex() / terms.threadsPerRow();
  WideVectors vectors(d, d.getBF16Type());
  I32 column = d.threadIndex() % terms.threadsPerRow() * vectors.width();
  Type f32 = d.getF32Type();

  // Beyond the sequence: what makes a weight vanish.
  Value part = d.choose(
      row < seq,
      [&]() -> SmallVector<Value> {
        I32 tensorRow =
            (headOfBatch / heads * seq + row) * heads + headOfBatch % heads;
        auto load = [&](Value tensor) {
          return vectors.load(d.globalElement(
              tensor, d.getBF16Type(), tensorRow, d.constant(headDim), column));
        };
        Value product =
            arith::MulFOp::create(d, load(o), load(gradient)).getResult();
        return {vectors.sumOf(product)};
      },
      [&] { return SmallVector<Value>{d.f32(0)}; })[0];
  Value sum = sumOverLanes(d, part, terms.threadsPerRow());
  d.ifThen(column == 0, [&] {
    Value scaled = d.choose(
        row < seq,
        [&]() -> SmallVector<Value> {
          Value lse = d.load(
              f32, d.globalElement(logSumExp, f32, headOfBatch, seq, row), 4);
          return {arith::MulFOp::create(d, lse, d.f32(log2OfE)).getResult()};
        },
        [&] {
          return SmallVector<Value>{
              d.f32(std::numeric_limits<double>::infinity())};
        })[0];
    d.store(sum, d.globalElement(delta, f32, headOfBatch, padded, row), 4);
    d.store(scaled, d.globalElement(lse2, f32, headOfBatch, padded, row), 4);
  });
  return function;
}
