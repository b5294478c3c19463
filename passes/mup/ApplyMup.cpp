//===----------------------------------------------------------------------===//
// Transfers hyper-parameters to the config's width.
//===----------------------------------------------------------------------===//
#include "passes/contracts/StageInput.h"
#include "passes/mup/Passes.h"

#include "dialects/flm/Flm.h"
#include "dialects/flm/ValueNames.h"
#include "passes/mup/WidthTransfer.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_APPLYMUP
#include "passes/mup/Passes.h.inc"
} // namespace flm

namespace {

struct ApplyMup : flm::impl::ApplyMupBase<ApplyMup> {
  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::graph, Stage::mup)))
      return signalPassFailure();
    for (ModelOp model : llvm::to_vector(getOperation().getOps<ModelOp>()))
      if (failed(apply(model)))
        return signalPassFailure();
  }

  static LogicalResult apply(ModelOp model);
};

/// `value` times `factor`, made at the insertion point.
ScaleOp scaled(OpBuilder &builder, Value value, double factor) {
  return ScaleOp::create(builder, derivedFrom(value, "", "_scaled"),
                         value.getType(), value,
                         builder.getF64FloatAttr(factor), DimAttr());
}

/// Multiplies what the tables give, for all users but the multiplication.
void scaleTables(ArrayRef<Operation *> ops, double factor) {
  if (factor == 1.0)
    return;
  for (Operation *op : ops) {
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    ScaleOp scale = scaled(builder, op->getResult(0), factor);
    op->getResult(0).replaceAllUsesExcept(scale.getY(), scale);
  }
}

/// Multiplies what the heads read: vocab / hidden times less work than what
/// they make.
void scaleHeads(ArrayRef<OpOperand *> inputs, double factor) {
  if (factor == 1.0)
    return;
  for (OpOperand *input : inputs) {
    OpBuilder builder(input->getOwner());
    input->set(scaled(builder, input->get(), factor).getY());
  }
}

LogicalResult ApplyMup::apply(ModelOp model) {
  auto module = model->getParentOfType<ModuleOp>();
  if (!module.lookupSymbol<ConfigOp>(model.getConfigAttr()))
    return model.emitError() << "the config " << model.getConfigAttr()
                             << " that it is bound to is not there";
  WidthTransfer transfer(model);
  llvm::SetVector<Operation *> tables;
  llvm::SetVector<OpOperand *> heads;
  WalkResult result = model.walk([&](ParamOp param) -> WalkResult {
    FailureOr<ParameterRole> role = roleOf(param, transfer.recipe.width);
    if (failed(role))
      return failure();
    param.setMupAttr(transfer.multipliers(*role));
    for (OpOperand *operand : usesOf(param)) {
      Operation *op = operand->getOwner();
      ParameterUse use =
          *cast<ParameterUserOpInterface>(op).parameterUse(*operand);
      if (use.kind == ParameterUse::Table)
        tables.insert(op);
      else if (role->role == MupClass::Output)
        heads.insert(&op->getOpOperand(use.input));
    }
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  scaleTables(tables.getArrayRef(), transfer.inputMultiplier());
  scaleHeads(heads.getArrayRef(), transfer.outputMultiplier());
  return success();
}

} // namespace
