//===----------------------------------------------------------------------===//
// RMSNorm, forward.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/norm/Norm.h"
#include "codegen/gpu/kernels/norm/NormKernel.h"

using namespace mlir;
using namespace flm::gpu;

namespace {

struct RmsNorm : NormKernel<RmsNormAttr> {
  using NormKernel::NormKernel;

  LLVM::LLVMFuncOp emit() {
    matrix("x", Access::Read);
    if (norm.getResidual()) {
      matrix("residual", Access::Read);
      matrix("sum", Access::Write);
    }
    gain();
    matrix("y", Access::Write);
    if (norm.getSave())
      arguments.tensor("inverse_rms", Access::Write, d.getF32Type(),
                       arguments.size("rows"));
    LLVM::LLVMFuncOp function =
        arguments.begin(arguments.size("rows").ceilDiv(schedule().teams()),
                        schedule().threads(), schedule().sharedBytes());
    RowVectors rows = rowVectors();
    // Whole teams leave, so sums over a team have all its threads.
    d.ifThen(rows.team() < arguments.sizeValue("rows"),
             [&] { normalize(rows, rows.team()); });
    return function;
  }

  void normalize(RowVectors &rows, I32 row) {
    WideVectors wide = rows.wide(norm.getType());
    Value squares = rows.forEach(
        d.f32(0), [&](ArrayRef<RowVector> vectors, ValueRange carried) {
          Value sum = carried[0];
          for (const RowVector &at : vectors) {
            Value values = input(rows, row, at);
            Value square = arith::MulFOp::create(d, values, values);
            sum = arith::AddFOp::create(d, sum, wide.sumOf(square));
          }
          return SmallVector<Value>{sum};
        })[0];
    Value scale = inverseRms(rows.sum(squares));
    if (norm.getSave())
      rows.storeScalar(scale, (*this)["inverse_rms"], row);
    Value scales = wide.broadcast(scale);
    // A thread reads what it wrote itself.
    RowTensor normalized = (*this)[norm.getResidual() ? "sum" : "x"];
    rows.forEach([&](const RowVector &at) {
      Value scaled =
          arith::MulFOp::create(d, rows.load(normalized, row, at), scales);
      Value result =
          arith::MulFOp::create(d, scaled, rows.load((*this)["gain"], at));
      rows.store(result, (*this)["y"], row, at);
    });
  }

  /// What is normalised; with a residual, a sum that is stored on the way.
  Value input(RowVectors &rows, I32 row, const RowVector &at) {
    Value values = rows.load((*this)["x"], row, at);
    if (!norm.getResidual())
      return values;
    Value sum = arith::AddFOp::create(d, values,
                                      rows.load((*this)["residual"], row, at));
    // What later layers read is the rounded sum.
    return rows.store(sum, (*this)["sum"], row, at);
  }
};

} // namespace

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, RmsNormAttr norm) {
  OpBuilder::InsertionGuard guard(d);
  return RmsNorm(d, norm).emit();
}
