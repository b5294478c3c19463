//===----------------------------------------------------------------------===//
// Save or recompute: what the reversed loop reads from the forward loop.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/Passes.h"
#include "passes/contracts/StageInput.h"

#include "dialects/flm/Recipe.h"
#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/LoopEditing.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_RECOMPUTE
#include "passes/autodiff/Passes.h.inc"
} // namespace flm

namespace {

/// A forward loop and the reversed loop that slices what it stacks.
class LoopPair {
public:
  LoopPair(LoopOp forward, LoopOp backward)
      : forward(forward), backward(backward) {}

  /// Replaces slices whose forward value `again` accepts by running their op
  /// once more in the reversed body. Operands that are neither saved nor run
  /// again are saved in their place.
  void recompute(function_ref<bool(Operation *)> again);

private:
  void mapSavedValues();
  Value available(Value value, function_ref<bool(Operation *)> again);

  LoopOp forward, backward;
  IRMapping inBackward; ///< forward body value -> reversed body value
  OpBuilder *builder = nullptr;
};

void LoopPair::mapSavedValues() {
  for (auto [stack, slice] :
       llvm::zip(backward.getStacked(), backward.slices())) {
    if (auto result = dyn_cast<OpResult>(stack);
        result && result.getOwner() == forward &&
        result.getResultNumber() >= forward.getInits().size())
      inBackward.map(forward.yield().getStacks()[result.getResultNumber() -
                                                 forward.getInits().size()],
                     slice);
    for (auto [forwardStack, forwardSlice] :
         llvm::zip(forward.getStacked(), forward.slices()))
      if (stack == forwardStack)
        inBackward.map(forwardSlice, slice);
  }
}

/// `value` of the forward body in the reversed body, made there if need be.
Value LoopPair::available(Value value, function_ref<bool(Operation *)> again) {
  if (!forward.getBody().isAncestor(value.getParentRegion()))
    return value;
  if (Value mapped = inBackward.lookupOrNull(value))
    return mapped;
  Operation *op = value.getDefiningOp();
  if (op && again(op)) {
    // What it reads: of a nested loop, what its body captures too.
    llvm::SetVector<Value> read(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), read);
    for (Value operand : read)
      inBackward.map(operand, available(operand, again));
    builder->clone(*op, inBackward);
    return inBackward.lookup(value);
  }
  Value stack;
  if (auto argument = dyn_cast<BlockArgument>(value))
    stack = forward.stackOf(argument);
  if (!stack)
    stack = appendStacks(forward, value).front();
  BlockArgument slice =
      appendSlices(backward, stack, {valueName(value)}).front();
  inBackward.map(value, slice);
  return slice;
}

void LoopPair::recompute(function_ref<bool(Operation *)> again) {
  mapSavedValues();
  SmallVector<std::pair<Value, Value>> replaced; // forward value, its slice
  for (Operation &op : forward.body()->without_terminator())
    if (again(&op))
      for (Value result : op.getResults())
        if (Value slice = inBackward.lookupOrNull(result))
          replaced.push_back({result, slice});
  for (auto [value, slice] : replaced)
    inBackward.erase(value);
  OpBuilder atStart(backward.body(), backward.body()->begin());
  builder = &atStart;
  for (auto [value, slice] : replaced)
    slice.replaceAllUsesWith(available(value, again));
}

struct Recompute : flm::impl::RecomputeBase<Recompute> {
  using RecomputeBase::RecomputeBase;

  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::train, Stage::train)))
      return signalPassFailure();
    std::string chosen = policy;
    if (chosen.empty())
      for (RecipeOp recipe : getOperation().getOps<RecipeOp>())
        chosen = Recipe::of(recipe).recompute;
    std::function<bool(Operation *)> again;
    if (chosen == "selective")
      again = [](Operation *op) {
        return op->hasTrait<flm::OpTrait::CheapToRecompute>();
      };
    else if (chosen == "full")
      again = [](Operation *) { return true; };
    else if (chosen == "none" || chosen.empty())
      return;
    else {
      getOperation().emitError() << "unknown recompute policy '" << chosen
                                 << "'; known: none, selective, full";
      return signalPassFailure();
    }
    // Found first, because recompute replaces loops; outer ones before those in
    // their bodies, which then read what was run again instead of slices.
    SmallVector<LoopOp> reversed;
    getOperation().walk<WalkOrder::PreOrder>([&](LoopOp loop) {
      if (loop.getReverse())
        reversed.push_back(loop);
    });
    for (LoopOp backward : reversed)
      if (LoopOp forward = forwardOf(backward))
        LoopPair(forward, backward).recompute(again);
  }

  static LoopOp forwardOf(LoopOp backward) {
    for (Value stack : backward.getStacked())
      if (auto loop = stack.getDefiningOp<LoopOp>();
          loop && !loop.getReverse() && loop.getOver() == backward.getOver())
        return loop;
    return {};
  }
};

} // namespace
