//===----------------------------------------------------------------------===//
// How the values of a program lie on one mesh axis.
//===----------------------------------------------------------------------===//
#include "passes/sharding/AxisAssignment.h"

#include "dialects/flm/Sizes.h"
#include "dialects/flm/ValueNames.h"
#include "passes/sharding/Accumulators.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

AxisStateAttr AxisAssignment::split(Value value, StringRef dim) const {
  MLIRContext *context = value.getContext();
  return AxisStateAttr::get(context, axis.name, AxisStateKind::Split,
                            StringAttr::get(context, dim));
}

bool AxisAssignment::isPartialSum(Value value) const {
  AxisStateAttr state = states.lookup(value);
  return state && state.getKind() == AxisStateKind::Partial &&
         state.getArgument() == "sum";
}

bool AxisAssignment::isFlat(Value value) const {
  AxisStateAttr state = states.lookup(value);
  return state && state.getKind() == AxisStateKind::Split &&
         state.getArgument() == "*";
}

void AxisAssignment::settle(Value accumulator, AxisStateAttr state) {
  for (Value next; accumulator; accumulator = next) {
    next = open.lookup(accumulator);
    open.erase(accumulator);
    states[accumulator] = state;
  }
}

//===----------------------------------------------------------------------===//
// Strategies
//===----------------------------------------------------------------------===//

int64_t flm::sizeOf(Operation *op, StringRef name) {
  for (TypeRange types :
       {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : types)
      for (DimAttr dim : cast<NamedTensorType>(type).getDims())
        if (dim.getNames().front() == name)
          return dim.getSizes().front();
  return 1;
}

StringRef flm::plannedDim(Operation *op, const ShardingRule &rule,
                          const Mesh::Axis &axis) {
  for (StringRef name : axis.dims)
    if (llvm::is_contained(rule.factors, name) && sizeOf(op, name) > 1)
      return name;
  return {};
}

/// Whether an optimizer step updates a parameter with `value`.
static bool isUpdatedWith(Value value) {
  return llvm::any_of(value.getUses(), [](OpOperand &use) {
    auto step = dyn_cast<OptimizerStepOpInterface>(use.getOwner());
    return step && &use == &step.gradient();
  });
}

std::string AxisAssignment::entryText(StringRef dim) const {
  if (dim.empty())
    return "no entry fits";
  return (dim + " -> " + axis.name.getValue()).str();
}

AxisAssignment::Choice AxisAssignment::choose(Operation *op,
                                              const ShardingRule &rule) {
  // What belongs to the optimizer, and what is already flat and may stay so.
  const Strategy flat{Strategy::Split, "*", {}};
  bool isOptimizers = isa<OptimizerStepOpInterface>(op) ||
                      (op->hasTrait<flm::OpTrait::SumsParts>() &&
                       isUpdatedWith(op->getOperand(0)));
  if (rule.flat && axis.splitsOptimizer && isOptimizers)
    return {flat, entryText("optimizer")};
  if (rule.flat && op->hasTrait<flm::OpTrait::StaysFlat>() &&
      isFlat(op->getOperand(0)))
    return {flat, "flat as its operand is"};

  // Partial values go on through additions. Accumulators and zeros lie as the
  // other terms do.
  if (op->hasTrait<flm::OpTrait::PassesPartialsOn>()) {
    auto isPartial = [&](Value value) { return isPartialSum(value); };
    auto isNeutral = [&](Value value) {
      auto fill = value.getDefiningOp<FillOp>();
      return open.contains(value) || (fill && fill.getValue().isZero());
    };
    bool total = typeOf(op->getResult(0)).getRank() == 0;
    bool all = llvm::all_of(op->getOperands(), [&](Value value) {
      return isPartial(value) || isNeutral(value);
    });
    if (llvm::any_of(op->getOperands(), isPartial) && (all || total))
      return {{Strategy::Linear, {}, rule.linear.front()},
              all ? "a sum of partial terms, reduced once"
                  : "a total of scalars of which some are partial"};
  }
  StringRef dim = plannedDim(op, rule, axis);
  return {dim.empty() ? Strategy{} : Strategy{Strategy::Split, dim, {}},
          entryText(dim)};
}

//===----------------------------------------------------------------------===//
// The pass over a program
//===----------------------------------------------------------------------===//

void AxisAssignment::run(ProgramOp program) {
  for (BlockArgument argument : program.body()->getArguments())
    for (DimAttr dim : typeOf(argument).getDims())
      if (axis.splitsBatch && dim.size() > 1 &&
          dim.getNames().front() == kBatchDim)
        states[argument] = split(argument, kBatchDim);
  visit(*program.body());
}

void AxisAssignment::visit(Block &block) {
  for (Operation &op : block) {
    if (auto loop = dyn_cast<LoopOp>(op)) {
      visit(loop);
    } else if (isa<ParamOp, StateOp>(op)) {
      states[op.getResult(0)] = atRest.stateOf(
          op.getAttrOfType<StringAttr>("name"), typeOf(op.getResult(0)), axis);
      reasons[&op] = entryText(isFlat(op.getResult(0))
                                   ? "optimizer"
                                   : firstSplit(typeOf(op.getResult(0)), axis));
    } else if (auto update = dyn_cast<UpdateOp>(op)) {
      needs[&update.getValueMutable()] =
          atRest.stateOf(update.getNameAttr(), typeOf(update.getValue()), axis);
    } else if (auto ruled = dyn_cast<ShardingRuleOpInterface>(op)) {
      visitRuled(&op, ruled.getShardingRule());
    } else if (!isa<YieldOp>(op)) {
      // What leaves the program, and whatever has no rule, is whole.
      for (OpOperand &operand : op.getOpOperands())
        needs[&operand] = {};
    }
  }
}

void AxisAssignment::visitRuled(Operation *op, const ShardingRule &rule) {
  Choice choice = choose(op, rule);
  StrategyStates chosen = statesOf(op, rule, choice.strategy, axis.name);
  reasons[op] = std::move(choice.reason);
  for (auto [operand, state] :
       llvm::zip(op->getOpOperands(), chosen.operands)) {
    if (open.contains(operand.get()))
      settle(operand.get(), state);
    needs[&operand] = state;
  }
  for (auto [result, state] : llvm::zip(op->getResults(), chosen.results))
    states[result] = state;
}

void AxisAssignment::enter(LoopOp loop) {
  SmallVector<std::string> why;
  for (auto [init, carry] : llvm::zip(loop.getInits(), loop.carries())) {
    StringRef dim = firstSplit(typeOf(carry), axis);
    bool adds = static_cast<bool>(accumulationOf(carry));
    if (adds)
      open[carry] = open.contains(init) ? init : Value();
    else if (!dim.empty())
      states[carry] = split(carry, dim);
    why.push_back(("%" + valueName(carry) + ": " +
                   (adds ? "as the terms that are added" : entryText(dim)))
                      .str());
  }
  reasons[loop] = llvm::join(why, "; ");
  for (auto [operand, slice] :
       llvm::zip(loop.getStackedMutable(), loop.slices())) {
    if (open.contains(operand.get()))
      open[slice] = operand.get();
    else if (isFlat(operand.get()))
      needs[&operand] = {}; // a part of the flat whole is no stack of parts
    else
      states[slice] = states.lookup(operand.get());
  }
}

void AxisAssignment::visit(LoopOp loop) {
  enter(loop);
  visit(*loop.body());
  YieldOp yield = loop.yield();
  for (auto [init, carry, next, final] :
       llvm::zip(loop.getInitsMutable(), loop.carries(),
                 yield.getCarriesMutable(), loop.getFinals())) {
    AxisStateAttr state = states.lookup(carry);
    needs[&init] = state;
    needs[&next] = state;
    states[final] = state;
  }
  for (auto [operand, stack] :
       llvm::zip(yield.getStacksMutable(), loop.getStacks())) {
    if (isFlat(operand.get()))
      needs[&operand] = {};
    else
      states[stack] = states.lookup(operand.get());
  }
}
