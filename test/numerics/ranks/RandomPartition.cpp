//===----------------------------------------------------------------------===//
// A partitioner without a plan.
//===----------------------------------------------------------------------===//
#include "test/numerics/ranks/RandomPartition.h"

#include "dialects/flm/Distribution.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace flm;
using namespace flm::numerics;

AxisStateAttr RandomPartition::state(const Axis &axis, AxisStateKind kind,
                                     StringRef argument) {
  MLIRContext *context = program.getContext();
  return AxisStateAttr::get(context, axis.name, kind,
                            StringAttr::get(context, argument));
}

static bool isFlat(AxisStateAttr state) {
  return state && state.getKind() == AxisStateKind::Split &&
         state.getArgument() == "*";
}

static bool isFlat(NamedTensorType type) {
  return llvm::any_of(type.getStates(),
                      [](AxisStateAttr state) { return isFlat(state); });
}

/// Whether every dim of `type` that begins with `factor` divides.
bool RandomPartition::divides(NamedTensorType type, StringRef factor,
                              int64_t ranks) {
  return llvm::all_of(type.getDims(), [&](DimAttr dim) {
    return dim.getNames().front() != factor ||
           dim.getSizes().front() % ranks == 0;
  });
}

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

NamedTensorType RandomPartition::anyOf(NamedTensorType type, bool partial) {
  llvm::StringSet<> taken;
  for (const Axis &axis : axes) {
    SmallVector<AxisStateAttr> options{{}};
    for (DimAttr dim : type.getDims()) {
      StringRef name = dim.getNames().front().getValue();
      if (canSplit(type, name) && divides(type, name, axis.ranks) &&
          !taken.contains(name))
        options.push_back(state(axis, AxisStateKind::Split, name));
    }
    if (canSplit(type, "*") && !taken.contains("*"))
      options.push_back(state(axis, AxisStateKind::Split, "*"));
    if (partial)
      options.push_back(state(axis, AxisStateKind::Partial, "sum"));
    AxisStateAttr choice = options[below(options.size())];
    if (!choice)
      continue;
    ++chosen;
    if (choice.getKind() == AxisStateKind::Split)
      taken.insert(choice.getArgument().getValue());
    type = withState(type, axis.name, choice);
  }
  return type;
}

/// One layout for all that read or write a name.
NamedTensorType RandomPartition::ofState(Operation *op, NamedTensorType type) {
  std::string name = op->getAttrOfType<StringAttr>("name").getValue().str();
  auto it = states.find(name);
  if (it == states.end())
    it = states.emplace(name, anyOf(type, /*partial=*/false)).first;
  return it->second;
}

void RandomPartition::visitRuled(Operation *op) {
  ShardingRule rule = cast<ShardingRuleOpInterface>(op).getShardingRule();
  SmallVector<NamedTensorType> operands, results;
  for (Value operand : op->getOperands())
    operands.push_back(NamedTensorType::get(typeOf(operand).getDims(),
                                            typeOf(operand).getElementType()));
  for (Value result : op->getResults())
    results.push_back(typeOf(result));
  llvm::StringSet<> taken;
  for (const Axis &axis : axes) {
    SmallVector<Strategy> options;
    for (const Strategy &strategy : strategiesOf(rule)) {
      if (strategy.kind == Strategy::Split) {
        auto fits = [&](NamedTensorType type) {
          return divides(type, strategy.factor, axis.ranks);
        };
        if (taken.contains(strategy.factor) || !llvm::all_of(operands, fits) ||
            !llvm::all_of(results, fits))
          continue;
      }
      options.push_back(strategy);
    }
    Strategy choice = options[below(options.size())];
    chosen += choice.kind != Strategy::Replicated;
    if (choice.kind == Strategy::Split)
      taken.insert(choice.factor);
    StrategyStates states = statesOf(op, rule, choice, axis.name);
    for (auto [type, state] : llvm::zip(operands, states.operands))
      type = withState(type, axis.name, state);
    for (auto [type, state] : llvm::zip(results, states.results))
      type = withState(type, axis.name, state);
  }
  for (auto [operand, type] : llvm::zip(op->getOpOperands(), operands))
    needed.push_back({&operand, type});
  for (auto [result, type] : llvm::zip(op->getResults(), results))
    produced[result] = type;
}

void RandomPartition::visit(LoopOp loop) {
  for (auto [init, carry, final] :
       llvm::zip(loop.getInitsMutable(), loop.carries(), loop.getFinals())) {
    NamedTensorType type = anyOf(typeOf(carry), /*partial=*/true);
    produced[carry] = produced[final] = type;
    needed.push_back({&init, type});
  }
  for (auto [operand, slice] :
       llvm::zip(loop.getStackedMutable(), loop.slices())) {
    // A slice of a part must be a part of the slice.
    NamedTensorType whole = produced[operand.get()], part = typeOf(slice);
    StringRef leading = whole.getDims().front().getNames().front();
    for (const Axis &axis : axes) {
      AxisStateAttr state = stateOn(whole, axis.name);
      if (isFlat(state) || (state && state.getArgument() == leading))
        whole = withState(whole, axis.name, {});
      else
        part = withState(part, axis.name, state);
    }
    needed.push_back({&operand, whole});
    produced[slice] = part;
  }
  visit(*loop.body());
  YieldOp yield = loop.yield();
  for (auto [next, carry] :
       llvm::zip(yield.getCarriesMutable(), loop.carries()))
    needed.push_back({&next, produced[carry]});
  for (auto [operand, stack] :
       llvm::zip(yield.getStacksMutable(), loop.getStacks())) {
    NamedTensorType part = produced[operand.get()], whole = typeOf(stack);
    for (const Axis &axis : axes) {
      AxisStateAttr state = stateOn(part, axis.name);
      if (isFlat(state))
        part = withState(part, axis.name, {});
      else
        whole = withState(whole, axis.name, state);
    }
    needed.push_back({&operand, part});
    produced[stack] = whole;
  }
}

void RandomPartition::visit(Block &block) {
  for (Operation &op : block) {
    if (auto loop = dyn_cast<LoopOp>(op))
      visit(loop);
    else if (isa<ParamOp, StateOp>(op))
      produced[op.getResult(0)] = ofState(&op, typeOf(op.getResult(0)));
    else if (auto update = dyn_cast<UpdateOp>(op))
      needed.push_back(
          {&update.getValueMutable(), ofState(&op, typeOf(update.getValue()))});
    else if (isa<ShardingRuleOpInterface>(op))
      visitRuled(&op);
    else if (!isa<YieldOp>(op)) // what leaves the program is whole
      for (OpOperand &operand : op.getOpOperands())
        needed.push_back({&operand, typeOf(operand.get())});
  }
}

//===----------------------------------------------------------------------===//
// Reshards
//===----------------------------------------------------------------------===//

/// Axis by axis, at random directly or over the replicated value.
void RandomPartition::convert(OpOperand &operand, NamedTensorType wanted) {
  OpBuilder builder(operand.getOwner());
  auto step = [&](NamedTensorType type) {
    operand.set(ReshardOp::create(builder, operand.get().getLoc(), type,
                                  operand.get(), IntegerAttr(), IntegerAttr()));
  };
  SmallVector<Axis> order(axes.begin(), axes.end());
  std::shuffle(order.begin(), order.end(), bits);
  auto tryDirectly = [&](const Axis &axis, AxisStateAttr target) {
    NamedTensorType from = typeOf(operand.get());
    if (stateOn(from, axis.name) == target)
      return true;
    NamedTensorType to = withState(from, axis.name, target);
    if (!reshardBetween(from, to))
      return false;
    step(to);
    return true;
  };
  // A flat split is of what the others leave: it goes first and comes last.
  auto allBut = [&](bool flat) {
    for (const Axis &axis : order) {
      AxisStateAttr target = stateOn(wanted, axis.name);
      if (isFlat(target) != flat)
        continue;
      if (below(4) && tryDirectly(axis, target))
        continue;
      if (stateOn(typeOf(operand.get()), axis.name) == target)
        continue;
      bool gathered = tryDirectly(axis, {}),
           reached = tryDirectly(axis, target);
      (void)gathered, (void)reached;
      assert(gathered && reached && "all changes go over the replicated value");
    }
  };
  auto splitsDiffer = [&] {
    return llvm::any_of(axes, [&](const Axis &axis) {
      return stateOn(typeOf(operand.get()), axis.name) !=
             stateOn(wanted, axis.name);
    });
  };
  if (!splitsDiffer())
    return;
  if (isFlat(typeOf(operand.get())))
    for (const Axis &axis : axes)
      if (isFlat(stateOn(typeOf(operand.get()), axis.name)))
        tryDirectly(axis, {});
  // No dim may be split over two axes, not even on the way.
  for (const Axis &axis : axes) {
    AxisStateAttr before = stateOn(typeOf(operand.get()), axis.name);
    if (before && before.getKind() == AxisStateKind::Split &&
        stateOn(wanted, axis.name) != before)
      if (llvm::any_of(wanted.getStates(), [&](AxisStateAttr state) {
            return state.getAxis() != axis.name &&
                   state.getKind() == AxisStateKind::Split &&
                   state.getArgument() == before.getArgument();
          }))
        tryDirectly(axis, {});
  }
  allBut(/*flat=*/false);
  allBut(/*flat=*/true);
}

void RandomPartition::apply() {
  for (BlockArgument argument : program.body()->getArguments())
    produced[argument] = anyOf(typeOf(argument), /*partial=*/false);
  visit(*program.body());
  for (auto &[value, type] : produced)
    const_cast<Value &>(value).setType(type);
  for (auto &[operand, type] : needed)
    convert(*operand, type);
}
