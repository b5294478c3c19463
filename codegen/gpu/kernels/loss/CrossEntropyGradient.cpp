//===----------------------------------------------------------------------===//
// The gradient of cross-entropy with respect to the logits.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/loss/CrossEntropy.h"
#include "codegen/gpu/kernels/loss/LogitsKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flm::gpu;

namespace {

class CrossEntropyGradient : LogitsKernel {
public:
  CrossEntropyGradient(DeviceBuilder &d, CrossEntropyGradientAttr gradient)
      : LogitsKernel(d, gradient, gradient.getType(),
                     {gradient.getWarps(), gradient.getTeam()}),
        inPlace(gradient.getInPlace()) {}

  LLVM::LLVMFuncOp emit() {
    logits("logits", inPlace ? Access::Update : Access::Read);
    perRow("max", Access::Read, d.getF32Type());
    perRow("sum_exp", Access::Read, d.getF32Type());
    perRow("targets", Access::Read, d.getI32Type());
    arguments.tensor("seed", Access::Read, d.getF32Type(), arguments.fixed(1));
    if (!inPlace)
      logits("d_logits", Access::Write);
    return LogitsKernel::emit(
        [&](RowVectors &rows, I32 row) { differentiate(rows, row); });
  }

private:
  void differentiate(RowVectors &rows, I32 row) {
    RowTensor result = (*this)[inPlace ? "logits" : "d_logits"];
    Value largest = rows.loadScalar((*this)["max"], row);
    Value seed = rows.loadScalar((*this)["seed"], d.constant(0));
    Value scale = arith::DivFOp::create(
        d, seed, rows.loadScalar((*this)["sum_exp"], row));
    Value scales = rows.wide(type).broadcast(scale);
    I32 target = targetColumn(rows, row), valid = validColumns();
    rows.forEach(
        valid, ValueRange(), [&](ArrayRef<RowVector> vectors, ValueRange) {
          // All loads first: in place, they can not pass the stores.
          SmallVector<Value> values =
              llvm::map_to_vector(vectors, [&](const RowVector &at) {
                return rows.load((*this)["logits"], row, at);
              });
          for (auto [at, logits] : llvm::zip(vectors, values)) {
            Value weights =
                arith::MulFOp::create(d, expMinus(logits, largest), scales);
            Value gradient = arith::SubFOp::create(
                d, weights, oneHot(rows, at, target, seed));
            rows.store(rows.mask(gradient, at, valid, 0), result, row, at);
          }
          return SmallVector<Value>();
        });
  }

  /// `seed` at the target, 0 elsewhere.
  Value oneHot(RowVectors &rows, const RowVector &at, I32 target, Value seed) {
    WideVectors wide = rows.wide(d.getF32Type());
    Value result = LLVM::PoisonOp::create(d, wide.storedType());
    for (int64_t i = 0; i < rows.width(); ++i) {
      Value element =
          arith::SelectOp::create(d, at.column + i == target, seed, d.f32(0));
      result = LLVM::InsertElementOp::create(d, result, element,
                                             d.constant(i).value());
    }
    return result;
  }

  bool inPlace;
};

} // namespace

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d,
                                 CrossEntropyGradientAttr gradient) {
  OpBuilder::InsertionGuard guard(d);
  return CrossEntropyGradient(d, gradient).emit();
}
