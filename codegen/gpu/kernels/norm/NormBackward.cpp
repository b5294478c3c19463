//===----------------------------------------------------------------------===//
// RMSNorm, backward: the gradient of the input, and parts of the gain's.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/norm/Norm.h"
#include "codegen/gpu/kernels/norm/NormKernel.h"

using namespace mlir;
using namespace flm::gpu;

namespace {

struct RmsNormBackward : NormKernel<RmsNormBackwardAttr> {
  using NormKernel::NormKernel;

  LLVM::LLVMFuncOp emit() {
    matrix("dy", Access::Read);
    matrix("x", Access::Read);
    gain();
    if (norm.getResidual())
      matrix("d_sum", Access::Read);
    matrix("dx", Access::Write);
    arguments.tensor("d_gain_parts", Access::Write, d.getF32Type(),
                     {arguments.fixed(norm.parts()), columns()}, width());
    LLVM::LLVMFuncOp function =
        arguments.begin(arguments.fixed(norm.getBlocks()), schedule().threads(),
                        schedule().sharedBytes());
    RowVectors rows = rowVectors();
    // Once for all rows, where registers keep it.
    if (norm.getColumns())
      rows.forEach(
          [&](const RowVector &at) { rows.load((*this)["gain"], at); });
    SmallVector<Value> sums = beginGainSums(rows);
    sums = d.loop(rows.team(), arguments.sizeValue("rows"),
                  d.constant(norm.parts()), sums,
                  [&](I32 row, ValueRange carried) {
                    SmallVector<Value> next(carried);
                    differentiate(rows, row, next);
                    return next;
                  });
    endGainSums(rows, sums);
    return function;
  }

  void differentiate(RowVectors &rows, I32 row, SmallVectorImpl<Value> &sums) {
    WideVectors wide = rows.wide(norm.getType());
    auto multiply = [&](Value a, Value b) -> Value {
      return arith::MulFOp::create(d, a, b);
    };
    auto add = [&](Value a, Value b) -> Value {
      return arith::AddFOp::create(d, a, b);
    };
    auto load = [&](StringRef name, const RowVector &at) {
      return rows.load((*this)[name], row, at);
    };
    auto gainAt = [&](const RowVector &at) {
      return rows.load((*this)["gain"], at);
    };
    // The sums of x^2 and of gain * dy * x.
    SmallVector<Value> rowSums =
        rows.forEach({d.f32(0), d.f32(0)}, [&](ArrayRef<RowVector> vectors,
                                               ValueRange carried) {
          Value squares = carried[0], products = carried[1];
          for (const RowVector &at : vectors) {
            Value x = load("x", at);
            // Under way while the team waits for its sums.
            if (norm.getResidual() && norm.getColumns())
              load("d_sum", at);
            Value scaled = multiply(load("dy", at), gainAt(at));
            squares = add(squares, wide.sumOf(multiply(x, x)));
            products = add(products, wide.sumOf(multiply(scaled, x)));
          }
          return SmallVector<Value>{squares, products};
        });
    rowSums = rows.sum(rowSums);

    // dx = s * (gain * dy - x * s^2 * mean(gain * dy * x)).
    Value scale = inverseRms(rowSums[0]);
    Value slope = multiply(multiply(scale, scale), mean(rowSums[1]));
    Value scales = wide.broadcast(scale), slopes = wide.broadcast(slope);
    rows.forEach([&](const RowVector &at) {
      Value x = load("x", at), dy = load("dy", at);
      Value inner = arith::SubFOp::create(d, multiply(dy, gainAt(at)),
                                          multiply(x, slopes));
      Value dx = multiply(scales, inner);
      if (norm.getResidual())
        dx = add(dx, load("d_sum", at));
      rows.store(dx, (*this)["dx"], row, at);
      addToGain(rows, at, multiply(dy, multiply(x, scales)), sums);
    });
  }

  //===--------------------------------------------------------------------===//
  // The team's part of the gain's gradient: a value per vector of the thread
  // where their number is known, else in memory from the start.
  //===--------------------------------------------------------------------===//

  SmallVector<Value> beginGainSums(RowVectors &rows) {
    SmallVector<Value> sums;
    Value zeros = rows.wide(d.getF32Type()).broadcast(d.f32(0));
    rows.forEach([&](const RowVector &at) {
      if (norm.getColumns())
        sums.push_back(zeros);
      else
        rows.store(zeros, (*this)["d_gain_parts"], rows.team(), at);
    });
    return sums;
  }

  void addToGain(RowVectors &rows, const RowVector &at, Value addend,
                 MutableArrayRef<Value> sums) {
    if (norm.getColumns()) {
      sums[at.index] = arith::AddFOp::create(d, sums[at.index], addend);
      return;
    }
    RowTensor parts = (*this)["d_gain_parts"];
    Value before = rows.load(parts, rows.team(), at);
    rows.store(arith::AddFOp::create(d, before, addend), parts, rows.team(),
               at);
  }

  void endGainSums(RowVectors &rows, ValueRange sums) {
    if (norm.getColumns())
      rows.forEach([&](const RowVector &at) {
        rows.store(sums[at.index], (*this)["d_gain_parts"], rows.team(), at);
      });
  }
};

} // namespace

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, RmsNormBackwardAttr norm) {
  OpBuilder::InsertionGuard guard(d);
  return RmsNormBackward(d, norm).emit();
}
