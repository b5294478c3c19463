//===----------------------------------------------------------------------===//
// Gradient rule of the loop: the reversed loop.
//===----------------------------------------------------------------------===//
#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/LoopEditing.h"
#include "passes/autodiff/Vjp.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace flm;

namespace {

/// Builds the reversed loop of one forward loop.
///
/// Carries are the cotangents of the forward carries, then sums over iterations
/// of the cotangents of captured values. Slices are what the forward loop
/// slices (parameters, read again), and what it now stacks because the backward
/// pass needs it. Stacks are the cotangents of the forward slices.
class ReversedLoop {
public:
  ReversedLoop(LoopOp forward, Vjp &outer)
      : forward(forward), outer(outer), bodyBuilder(forward.getContext()) {
    bodyBuilder.setInsertionPointToEnd(&body);
  }

  LogicalResult build();

private:
  Value primal(Value value);
  BlockArgument addSlice(Type type, Value stack, Location loc);
  BlockArgument addCarry(Value init, Location loc);

  LoopOp forward;
  Vjp &outer;
  Block body; ///< filled first, moved into the loop when its types are known
  OpBuilder bodyBuilder;

  SmallVector<BlockArgument> carries, slices;
  SmallVector<Value> inits;
  SmallVector<Value> stacks; ///< per slice; null: the next of those saved
  /// Slices of arguments of the forward body, which are never replaced.
  llvm::DenseMap<BlockArgument, BlockArgument> known;
  /// Slices of the values that the forward body saves: its terminator holds
  /// them from here on, because a nested loop is replaced when it is
  /// differentiated.
  SmallVector<BlockArgument> savedSlices;
};

BlockArgument ReversedLoop::addSlice(Type type, Value stack, Location loc) {
  BlockArgument argument = body.addArgument(type, loc);
  slices.push_back(argument);
  stacks.push_back(stack);
  return argument;
}

BlockArgument ReversedLoop::addCarry(Value init, Location loc) {
  BlockArgument argument = body.addArgument(init.getType(), loc);
  carries.push_back(argument);
  inits.push_back(init);
  return argument;
}

/// What a forward value is called in the reversed body.
Value ReversedLoop::primal(Value value) {
  if (!forward.getBody().isAncestor(value.getParentRegion()))
    return outer.primal(value); // captured, the same in every iteration
  Location loc = derivedFrom(value, "");
  if (auto argument = dyn_cast<BlockArgument>(value))
    if (Value stack = forward.stackOf(argument)) {
      BlockArgument &slice = known[argument];
      if (!slice)
        slice = addSlice(value.getType(), outer.primal(stack), loc);
      return slice;
    }
  YieldOp yield = forward.yield();
  auto saved = yield.getStacks().drop_front(forward.getStacks().size());
  for (auto [held, slice] : llvm::zip_equal(saved, savedSlices))
    if (held == value)
      return slice;
  yield.getStacksMutable().append(value);
  savedSlices.push_back(addSlice(value.getType(), Value(), loc));
  return savedSlices.back();
}

LogicalResult ReversedLoop::build() {
  Location loc = withoutName(forward.getLoc());
  YieldOp yield = forward.yield();
  Vjp inner(bodyBuilder, [this](Value value) { return primal(value); });

  for (auto [index, final] : llvm::enumerate(forward.getFinals()))
    inner.accumulate(yield.getCarries()[index],
                     addCarry(outer.cotangentOrZero(final),
                              derivedFrom(forward.carries()[index], "d_")));
  for (auto [index, stack] : llvm::enumerate(forward.getStacks()))
    if (Value gradient = outer.cotangent(stack))
      inner.accumulate(yield.getStacks()[index],
                       addSlice(yield.getStacks()[index].getType(), gradient,
                                derivedFrom(yield.getStacks()[index], "d_")));
  if (failed(inner.run(*forward.body())))
    return failure();

  // What the body yields, and whose gradients the loop's results are.
  SmallVector<Value> nextCarries, stackedGradients;
  SmallVector<Value> carryTargets, stackTargets;
  SmallVector<Type> stackTypes;
  SmallVector<std::string> names;
  for (auto [index, carry] : llvm::enumerate(forward.carries())) {
    nextCarries.push_back(inner.cotangentOrZero(carry));
    carryTargets.push_back(forward.getInits()[index]);
    names.push_back("d_" + valueName(forward.getInits()[index]).str());
  }
  for (Value value : inner.reached()) {
    if (forward.getBody().isAncestor(value.getParentRegion()))
      continue;
    Value gradient = inner.cotangent(value);
    Value zero =
        FillOp::create(outer.builder, withoutName(value.getLoc()),
                       gradient.getType(), bodyBuilder.getF64FloatAttr(0.0));
    Value sum = addCarry(zero, derivedFrom(value, "d_", "_sum"));
    nextCarries.push_back(AddOp::create(bodyBuilder, derivedFrom(value, "d_"),
                                        sum.getType(),
                                        ValueRange{sum, gradient}));
    carryTargets.push_back(value);
    names.push_back("d_" + valueName(value).str());
  }
  for (auto [index, slice] : llvm::enumerate(forward.slices()))
    if (Value gradient = inner.cotangent(slice)) {
      stackedGradients.push_back(gradient);
      stackTypes.push_back(forward.stackType(typeOf(gradient)));
      stackTargets.push_back(forward.getStacked()[index]);
      names.push_back("d_" + valueName(forward.getStacked()[index]).str());
    }
  YieldOp::create(bodyBuilder, loc, nextCarries, stackedGradients);

  // The forward loop again, stacking what was asked for.
  bool reverse = !forward.getReverse();
  SmallVector<Value> savedStacks = addMissingStacks(forward);
  auto *nextSaved = savedStacks.begin();
  for (Value &stack : stacks)
    if (!stack)
      stack = outer.primal(*nextSaved++);

  Location namedLoc = loc;
  if (llvm::none_of(names, [](const std::string &n) { return n == "d_"; }))
    namedLoc = withName(loc, llvm::join(names, ", "));
  auto reversed = LoopOp::create(outer.builder, namedLoc, forward.getOver(),
                                 reverse, inits, stacks, stackTypes);
  if (forward.getAxisAttr())
    reversed.setAxisAttr(forward.getAxisAttr());
  Block *entry = &reversed.getBody().emplaceBlock();
  for (auto &arguments : {carries, slices})
    for (BlockArgument argument : arguments)
      argument.replaceAllUsesWith(
          entry->addArgument(argument.getType(), argument.getLoc()));
  entry->getOperations().splice(entry->end(), body.getOperations());

  for (auto [target, gradient] : llvm::zip(carryTargets, reversed.getFinals()))
    outer.accumulate(target, gradient);
  for (auto [target, gradient] : llvm::zip(stackTargets, reversed.getStacks()))
    outer.accumulate(target, gradient);
  return success();
}

struct LoopVjp : VjpOpInterface::ExternalModel<LoopVjp, LoopOp> {
  LogicalResult buildVjp(Operation *op, Vjp &vjp) const {
    return ReversedLoop(cast<LoopOp>(op), vjp).build();
  }
};

} // namespace

void flm::registerLoopRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, FlmDialect *) {
    LoopOp::attachInterface<LoopVjp>(*context);
  });
}
