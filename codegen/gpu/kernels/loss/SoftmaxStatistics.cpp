//===----------------------------------------------------------------------===//
// Maximum, sum of exponentials and target's logit of each row.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/loss/CrossEntropy.h"
#include "codegen/gpu/kernels/loss/LogitsKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace flm::gpu;

static constexpr double minusInfinity =
    -std::numeric_limits<double>::infinity();

namespace {

class SoftmaxStatistics : LogitsKernel {
public:
  SoftmaxStatistics(DeviceBuilder &d, SoftmaxStatisticsAttr softmax)
      : LogitsKernel(d, softmax, softmax.getType(),
                     {softmax.getWarps(), softmax.getTeam()}),
        softmax(softmax) {}

  LLVM::LLVMFuncOp emit() {
    Access result = softmax.getRunning() ? Access::Update : Access::Write;
    logits("logits", Access::Read);
    if (softmax.getPick())
      perRow("targets", Access::Read, d.getI32Type());
    if (softmax.getMax() || softmax.getSumExp())
      perRow("max", softmax.getMax() ? result : Access::Read, d.getF32Type());
    if (softmax.getSumExp())
      perRow("sum_exp", result, d.getF32Type());
    if (softmax.getPick())
      perRow("picked", result, d.getF32Type());
    return LogitsKernel::emit([&](RowVectors &rows, I32 row) {
      if (softmax.getMax() && softmax.getSumExp())
        maxAndSum(rows, row);
      else if (softmax.getMax())
        maxOnly(rows, row);
      else if (softmax.getSumExp())
        sumOnly(rows, row);
      if (softmax.getPick())
        pick(rows, row);
    });
  }

private:
  Value maximum(Value a, Value b) {
    // Gives the other one where one is a NaN.
    return arith::MaxNumFOp::create(d, a, b);
  }
  Value add(Value a, Value b) { return arith::AddFOp::create(d, a, b); }

  /// Logits in f32, minus infinity in the padding.
  SmallVector<Value> load(RowVectors &rows, I32 row,
                          ArrayRef<RowVector> vectors) {
    return llvm::map_to_vector(vectors, [&](const RowVector &at) {
      return rows.mask(rows.load((*this)["logits"], row, at), at,
                       validColumns(), minusInfinity);
    });
  }

  /// The largest of `before` and the vectors' elements.
  Value maximumOf(RowVectors &rows, ArrayRef<Value> vectors, Value before) {
    Value largest = vectors[0];
    for (Value vector : vectors.drop_front())
      largest = maximum(largest, vector);
    for (int64_t i = 0; i < rows.width(); ++i)
      before = maximum(before, d.element(largest, i));
    return before;
  }

  /// The sum of exp(x - largest) over the vectors' elements.
  Value sumOfExp(RowVectors &rows, ArrayRef<Value> vectors, Value largest) {
    WideVectors wide = rows.wide(d.getF32Type());
    Value sum = expMinus(vectors[0], largest);
    for (Value vector : vectors.drop_front())
      sum = add(sum, expMinus(vector, largest));
    return wide.sumOf(sum);
  }

  void maxOnly(RowVectors &rows, I32 row) {
    Value largest =
        rows.forEach(validColumns(), d.f32(minusInfinity),
                     [&](ArrayRef<RowVector> vectors, ValueRange carried) {
                       return SmallVector<Value>{maximumOf(
                           rows, load(rows, row, vectors), carried[0])};
                     })[0];
    largest = rows.max(largest);
    if (softmax.getRunning())
      largest = maximum(largest, rows.loadScalar((*this)["max"], row));
    rows.storeScalar(largest, (*this)["max"], row);
  }

  void sumOnly(RowVectors &rows, I32 row) {
    Value largest = finite(rows.loadScalar((*this)["max"], row));
    Value sum = rows.forEach(
        validColumns(), d.f32(0),
        [&](ArrayRef<RowVector> vectors, ValueRange carried) {
          return SmallVector<Value>{add(
              carried[0], sumOfExp(rows, load(rows, row, vectors), largest))};
        })[0];
    sum = rows.sum(sum);
    if (softmax.getRunning())
      sum = add(rows.loadScalar((*this)["sum_exp"], row), sum);
    rows.storeScalar(sum, (*this)["sum_exp"], row);
  }

  /// In one read: what was summed up shrinks when a larger logit comes.
  void maxAndSum(RowVectors &rows, I32 row) {
    SmallVector<Value> own = rows.forEach(
        validColumns(), {d.f32(minusInfinity), d.f32(0)},
        [&](ArrayRef<RowVector> vectors, ValueRange carried) {
          SmallVector<Value> values = load(rows, row, vectors);
          Value largest = maximumOf(rows, values, carried[0]);
          Value reference = finite(largest);
          Value kept = shrink(carried[1], carried[0], reference);
          return SmallVector<Value>{
              largest, add(kept, sumOfExp(rows, values, reference))};
        });
    Value before, largest = rows.max(own[0]);
    if (softmax.getRunning()) {
      before = rows.loadScalar((*this)["max"], row);
      largest = maximum(largest, before);
    }
    Value reference = finite(largest);
    Value sum = rows.sum(shrink(own[1], own[0], reference));
    if (softmax.getRunning())
      sum = add(
          shrink(rows.loadScalar((*this)["sum_exp"], row), before, reference),
          sum);
    rows.storeScalar(largest, (*this)["max"], row);
    rows.storeScalar(sum, (*this)["sum_exp"], row);
  }

  /// The maximum, or 0 while there was no logit but minus infinity: all of them
  /// then count 0, and not the NaN of infinity - infinity.
  Value finite(Value largest) {
    Value none = arith::CmpFOp::create(d, arith::CmpFPredicate::OEQ, largest,
                                       d.f32(minusInfinity));
    return arith::SelectOp::create(d, none, d.f32(0), largest);
  }

  /// A sum of exp(x - largest) as one of exp(x - reference).
  Value shrink(Value sum, Value largest, Value reference) {
    return arith::MulFOp::create(d, sum, expMinus(largest, reference));
  }

  void pick(RowVectors &rows, I32 row) {
    I32 column = targetColumn(rows, row);
    Value inside = column < arguments.sizeValue("columns");
    RowTensor logits = (*this)["logits"];
    auto store = [&](Value value) {
      rows.storeScalar(value, (*this)["picked"], row);
    };
    auto storeLogit = [&] {
      Value logit =
          d.load(type,
                 d.globalElement(logits.pointer, type, row,
                                 arguments.sizeValue("columns"), column),
                 type.getIntOrFloatBitWidth() / 8);
      if (!type.isF32())
        logit = arith::ExtFOp::create(d, d.getF32Type(), logit);
      store(logit);
    };
    if (softmax.getRunning())
      d.ifThen(inside, storeLogit);
    else
      d.ifThenElse(inside, storeLogit, [&] { store(d.f32(0)); });
  }

  SoftmaxStatisticsAttr softmax;
};

} // namespace

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d,
                                 SoftmaxStatisticsAttr softmax) {
  OpBuilder::InsertionGuard guard(d);
  return SoftmaxStatistics(d, softmax).emit();
}
