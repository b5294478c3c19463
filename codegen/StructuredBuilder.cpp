//===----------------------------------------------------------------------===//
// scf ops from C++ functions.
//===----------------------------------------------------------------------===//
#include "codegen/StructuredBuilder.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace flm;

SmallVector<Value> StructuredBuilder::forLoop(
    Value from, Value to, Value step, ValueRange initial,
    function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, from, to, step, initial);
  InsertionGuard guard(*this);
  // With nothing carried, the loop already has its yield.
  if (initial.empty())
    loop.getBody()->getTerminator()->erase();
  setInsertionPointToEnd(loop.getBody());
  SmallVector<Value> next =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(*this, next);
  return loop.getResults();
}

void StructuredBuilder::ifThen(Value condition, function_ref<void()> then) {
  auto branch = scf::IfOp::create(*this, condition, /*withElseRegion=*/false);
  InsertionGuard guard(*this);
  setInsertionPoint(branch.thenBlock()->getTerminator());
  then();
}

void StructuredBuilder::ifThenElse(Value condition, function_ref<void()> then,
                                   function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(*this, condition, /*withElseRegion=*/true);
  InsertionGuard guard(*this);
  setInsertionPoint(branch.thenBlock()->getTerminator());
  then();
  setInsertionPoint(branch.elseBlock()->getTerminator());
  otherwise();
}
