//===----------------------------------------------------------------------===//
// Reverse-mode differentiation of one scope.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/Vjp.h"

#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;

#include "passes/autodiff/VjpInterface.cpp.inc"

Value Vjp::cotangentOrZero(Value value) {
  if (Value gradient = cotangent(value))
    return gradient;
  return FillOp::create(builder, withoutName(value.getLoc()), value.getType(),
                        builder.getF64FloatAttr(0.0));
}

void Vjp::accumulate(Value value, Value gradient) {
  Value &sum = cotangents[value];
  if (!sum) {
    sum = gradient;
    return;
  }
  // One n-ary add per value, not a chain: which operands are partial decides
  // later how many collectives the sum needs.
  if (auto add = sum.getDefiningOp<AddOp>();
      add && sum.use_empty() && add->getBlock() == builder.getBlock()) {
    SmallVector<Value> operands(add.getValues());
    operands.push_back(gradient);
    sum = AddOp::create(builder, derivedFrom(value, "d_"), sum.getType(),
                        operands);
    add.erase();
    return;
  }
  sum = AddOp::create(builder, derivedFrom(value, "d_"), sum.getType(),
                      ValueRange{sum, gradient});
}

LogicalResult Vjp::run(Block &block) {
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops)) {
    // A parameter's gradient is an answer, not an intermediate.
    if (isa<ParamOp>(op))
      continue;
    SmallVector<Value> results(op->getResults());
    if (llvm::none_of(results, [&](Value r) { return bool(cotangent(r)); }))
      continue;
    if (op->getNumOperands()) {
      auto rule = dyn_cast<VjpOpInterface>(op);
      if (!rule)
        return op->emitError("has no gradient rule");
      if (failed(rule.buildVjp(*this)))
        return failure();
    }
    cotangents.remove_if(
        [&](auto &entry) { return llvm::is_contained(results, entry.first); });
  }
  return success();
}
