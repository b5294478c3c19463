//===----------------------------------------------------------------------===//
// Adding stacks and slices to loops.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/LoopEditing.h"

#include "dialects/flm/ValueNames.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

/// The loop's names with those of `more` stacks behind.
static Location withStackNames(LoopOp loop, ValueRange more) {
  SmallVector<std::string> names;
  for (Value result : loop.getResults())
    names.push_back(valueName(result).str());
  for (Value value : more)
    names.push_back(
        valueName(value).empty() ? "" : (valueName(value) + "_all").str());
  if (llvm::any_of(names, [](const std::string &n) { return n.empty(); }))
    return withoutName(loop.getLoc());
  return withName(loop.getLoc(), llvm::join(names, ", "));
}

/// `loop` with other operands and results around the same body.
static LoopOp rebuild(LoopOp loop, Location loc, ValueRange stacked,
                      TypeRange stackTypes) {
  OpBuilder builder(loop);
  auto next =
      LoopOp::create(builder, loc, loop.getOver(), loop.getReverse(),
                     loop.getInits(), stacked, stackTypes, loop.getAxisAttr());
  next.getBody().takeBody(loop.getBody());
  for (auto [from, to] : llvm::zip(loop.getResults(), next.getResults()))
    from.replaceAllUsesWith(to);
  loop.erase();
  return next;
}

SmallVector<Value> flm::appendStacks(LoopOp &loop, ValueRange values) {
  loop.yield().getStacksMutable().append(values);
  return addMissingStacks(loop);
}

SmallVector<Value> flm::addMissingStacks(LoopOp &loop) {
  size_t before = loop.getStacks().size();
  auto missing = loop.yield().getStacks().drop_front(before);
  if (missing.empty())
    return {};
  SmallVector<Type> types(loop.getStacks().getTypes());
  for (Value value : missing)
    types.push_back(loop.stackType(typeOf(value)));
  loop = rebuild(loop, withStackNames(loop, missing),
                 SmallVector<Value>(loop.getStacked()), types);
  return SmallVector<Value>(loop.getStacks().drop_front(before));
}

SmallVector<BlockArgument> flm::appendSlices(LoopOp &loop, ValueRange stacks,
                                             ArrayRef<StringRef> names) {
  if (stacks.empty())
    return {};
  SmallVector<Value> stacked(loop.getStacked());
  stacked.append(stacks.begin(), stacks.end());
  SmallVector<Type> types(loop.getStacks().getTypes());
  loop = rebuild(loop, loop.getLoc(), stacked, types);
  SmallVector<BlockArgument> arguments;
  for (auto [stack, name] : llvm::zip(stacks, names)) {
    NamedTensorType type = typeOf(stack);
    if (loop.getAxisAttr())
      type = withState(type, loop.getAxisAttr(), {});
    arguments.push_back(loop.body()->addArgument(
        NamedTensorType::get(type.getDims().drop_front(), type.getElementType(),
                             type.getStates()),
        withName(withoutName(stack.getLoc()), name)));
  }
  return arguments;
}
