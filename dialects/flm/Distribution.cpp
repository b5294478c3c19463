//===----------------------------------------------------------------------===//
// The algebra of distribution.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Distribution.h"

#include "dialects/flm/Flm.h"
#include "dialects/flm/ValueNames.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

#include "dialects/flm/ShardingRule.cpp.inc"

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

AxisStateAttr flm::stateOn(NamedTensorType type, StringAttr axis) {
  for (AxisStateAttr state : type.getStates())
    if (state.getAxis() == axis)
      return state;
  return {};
}

NamedTensorType flm::withState(NamedTensorType type, StringAttr axis,
                               AxisStateAttr state) {
  SmallVector<AxisStateAttr> states;
  for (AxisStateAttr other : type.getStates())
    if (other.getAxis() != axis)
      states.push_back(other);
  if (state)
    states.push_back(state);
  return NamedTensorType::get(type.getDims(), type.getElementType(), states);
}

bool flm::canSplit(NamedTensorType type, StringRef factor) {
  if (factor == "*")
    return type.getRank() > 0;
  int having = 0;
  for (DimAttr dim : type.getDims())
    if (dim.hasFactor(factor))
      having += dim.getNames().front().getValue() == factor ? 1 : 2;
  return having == 1;
}

std::string flm::stateText(AxisStateAttr state) {
  if (!state)
    return "replicated";
  return (stringifyAxisStateKind(state.getKind()) + "(" +
          state.getArgument().getValue() + ")")
      .str();
}

static bool isPartial(AxisStateAttr state) {
  return state && state.getKind() == AxisStateKind::Partial;
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

SmallVector<Strategy> flm::strategiesOf(const ShardingRule &rule) {
  SmallVector<Strategy> strategies{Strategy{}};
  for (StringRef factor : rule.factors)
    strategies.push_back({Strategy::Split, factor, {}});
  if (rule.flat)
    strategies.push_back({Strategy::Split, "*", {}});
  for (const SmallVector<unsigned> &group : rule.linear)
    strategies.push_back({Strategy::Linear, {}, group});
  return strategies;
}

StrategyStates flm::statesOf(Operation *op, const ShardingRule &rule,
                             const Strategy &strategy, StringAttr axis) {
  MLIRContext *context = op->getContext();
  auto make = [&](AxisStateKind kind, StringRef argument) {
    return AxisStateAttr::get(context, axis, kind,
                              StringAttr::get(context, argument));
  };
  AxisStateAttr partial =
      make(AxisStateKind::Partial, rule.reducesByMax ? "max" : "sum");
  StrategyStates states;
  states.operands.resize(op->getNumOperands());
  states.results.resize(op->getNumResults());
  if (strategy.kind == Strategy::Split) {
    AxisStateAttr split = make(AxisStateKind::Split, strategy.factor);
    bool flat = strategy.factor == "*";
    for (auto [operand, state] : llvm::zip(op->getOperands(), states.operands))
      if (canSplit(typeOf(operand), strategy.factor) &&
          (!flat || typeOf(operand).sameDims(typeOf(op->getOperand(0)))))
        state = split;
    for (auto [result, state] : llvm::zip(op->getResults(), states.results))
      state = canSplit(typeOf(result), strategy.factor) ? split : partial;
  } else if (strategy.kind == Strategy::Linear) {
    for (unsigned operand : strategy.operands)
      states.operands[operand] = partial;
    states.results.assign(op->getNumResults(), partial);
  }
  for (unsigned operand : rule.likeResult)
    if (operand < states.operands.size())
      states.operands[operand] = states.results.front();
  return states;
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// "operand #1 (%o)".
static std::string operandText(Operation *op, unsigned index) {
  std::string text = "operand #" + std::to_string(index);
  StringRef name = valueName(op->getOperand(index));
  return name.empty() ? text : text + " (%" + name.str() + ")";
}

/// Says why no strategy of `rule` fits.
static LogicalResult explain(Operation *op, const ShardingRule &rule,
                             StringAttr axis, ArrayRef<AxisStateAttr> operands,
                             ArrayRef<AxisStateAttr> results) {
  std::string over = " over '" + axis.getValue().str() + "'";
  SmallVector<unsigned> partials;
  for (auto [index, state] : llvm::enumerate(operands))
    if (isPartial(state) && !llvm::is_contained(rule.likeResult, index))
      partials.push_back(index);
  for (unsigned index : partials) {
    const SmallVector<unsigned> *group = nullptr;
    for (const SmallVector<unsigned> &candidate : rule.linear)
      if (llvm::is_contained(candidate, index))
        group = &candidate;
    if (!group || operands[index].getArgument() != "sum")
      return op->emitOpError()
             << operandText(op, index) << " is " << stateText(operands[index])
             << over << " but the op is not linear in it; reduce it first";
    for (unsigned other : *group)
      if (!isPartial(operands[other]))
        return op->emitOpError()
               << operandText(op, index) << " is " << stateText(operands[index])
               << over << " but " << operandText(op, other) << " is "
               << stateText(operands[other]) << ": reduce #" << index
               << ", or turn #" << other
               << " into partial with an explicit mask";
  }
  if (partials.size() > 1 && rule.linear.size() > 1)
    return op->emitOpError()
           << operandText(op, partials[0]) << " and "
           << operandText(op, partials[1]) << " are partial" << over
           << ": product of two sums; only one may be partial";
  if (!partials.empty())
    for (AxisStateAttr result : results)
      if (!isPartial(result))
        return op->emitOpError()
               << operandText(op, partials[0]) << " is "
               << stateText(operands[partials[0]]) << over
               << ", so the result is too, not " << stateText(result)
               << "; reduce it with a reshard";
  auto list = [](ArrayRef<AxisStateAttr> states) {
    return llvm::join(llvm::map_range(states, stateText), ", ");
  };
  auto diag = op->emitOpError()
              << "states" << over << " fit no rule: operands ["
              << list(operands) << "]";
  if (!results.empty())
    diag << " and results [" << list(results) << "]";
  if (rule.factors.empty())
    return diag << "; nothing may be split here, make all replicated";
  return diag << "; it may be split along " << llvm::join(rule.factors, ", ")
              << ", with every operand and result that has the dim split and "
                 "the other operands replicated";
}

static bool isAt(AxisStateAttr state) {
  return state && state.getKind() == AxisStateKind::At;
}

/// On an axis where some operand or result lies at one end: the op runs there,
/// on what lies there or everywhere, and its results lie there.
static LogicalResult verifyAtOneEnd(Operation *op, StringAttr axis,
                                    ArrayRef<AxisStateAttr> operands,
                                    ArrayRef<AxisStateAttr> results) {
  std::string over = " over '" + axis.getValue().str() + "'";
  unsigned first = 0;
  AxisStateAttr at;
  for (auto [index, state] : llvm::enumerate(operands))
    if (!at && isAt(state)) {
      at = state;
      first = index;
    }
  for (auto [index, state] : llvm::enumerate(operands)) {
    if (!at || !state || state == at)
      continue;
    auto diag = op->emitOpError()
                << operandText(op, index) << " is " << stateText(state) << over
                << " but " << operandText(op, first) << " is " << stateText(at)
                << ": ";
    if (isAt(state))
      return diag << "an op runs on one stage; a parameter that is used before "
                     "and after the layers (tied embeddings) must be two "
                     "parameters, other values can be masked and reduced";
    return diag << "make #" << index << " replicated first";
  }
  if (!at)
    at = *llvm::find_if(results, isAt);
  for (auto [index, state] : llvm::enumerate(results))
    if (state != at)
      return op->emitOpError()
             << "runs at(" << at.getArgument().getValue() << ")" << over
             << ", so result #" << index << " is too, not " << stateText(state)
             << "; to have it everywhere, mask it (reshard to partial(sum)) "
                "and reduce it";
  return success();
}

LogicalResult flm::verifyDistribution(Operation *op) {
  llvm::SmallSetVector<StringAttr, 4> axes;
  auto collect = [&](TypeRange types) {
    for (Type type : types)
      if (auto tensor = dyn_cast<NamedTensorType>(type))
        for (AxisStateAttr state : tensor.getStates())
          axes.insert(state.getAxis());
  };
  collect(op->getOperandTypes());
  collect(op->getResultTypes());
  if (axes.empty())
    return success();
  auto interface = dyn_cast<ShardingRuleOpInterface>(op);
  if (!interface)
    return op->emitOpError("has distributed operands but no sharding rule");
  ShardingRule rule = interface.getShardingRule();
  for (StringAttr axis : axes) {
    auto state = [&](Value value) { return stateOn(typeOf(value), axis); };
    SmallVector<AxisStateAttr> operands =
        llvm::map_to_vector(op->getOperands(), state);
    SmallVector<AxisStateAttr> results =
        llvm::map_to_vector(op->getResults(), state);
    if (llvm::any_of(operands, isAt) || llvm::any_of(results, isAt)) {
      if (failed(verifyAtOneEnd(op, axis, operands, results)))
        return failure();
      continue;
    }
    bool fits = llvm::any_of(strategiesOf(rule), [&](const Strategy &strategy) {
      StrategyStates states = statesOf(op, rule, strategy, axis);
      return states.operands == operands && states.results == results;
    });
    if (!fits)
      return explain(op, rule, axis, operands, results);
  }
  return success();
}
