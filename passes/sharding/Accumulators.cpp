//===----------------------------------------------------------------------===//
// Carries that only add up.
//===----------------------------------------------------------------------===//
#include "passes/sharding/Accumulators.h"

using namespace mlir;
using namespace flm;

static Value soleUseThrough(Value value, AddOp &sum);

/// What becomes of `argument`, a body argument of `loop` that is read once: the
/// yield operand that it ends in, as an operand number of the yield.
static std::optional<unsigned> yieldedAt(BlockArgument argument, AddOp &sum) {
  Value end = argument;
  while (end && end.hasOneUse()) {
    OpOperand &use = *end.use_begin();
    if (isa<YieldOp>(use.getOwner()) &&
        use.getOwner()->getBlock() == argument.getOwner())
      return use.getOperandNumber();
    end = soleUseThrough(end, sum);
  }
  return std::nullopt;
}

/// The value that goes on from the one use of `value`: an `add`, which becomes
/// `sum`, or a loop that accumulates into it; null for any other use, and for a
/// second `add`.
static Value soleUseThrough(Value value, AddOp &sum) {
  OpOperand &use = *value.use_begin();
  if (auto add = dyn_cast<AddOp>(use.getOwner())) {
    if (sum || add->getBlock() != value.getParentBlock())
      return {};
    sum = add;
    return add.getY();
  }
  auto loop = dyn_cast<LoopOp>(use.getOwner());
  if (!loop)
    return {};
  // Body arguments are in the order of the operands, yielded values in that of
  // the results.
  std::optional<unsigned> end =
      yieldedAt(loop.body()->getArgument(use.getOperandNumber()), sum);
  unsigned carries = loop.getInits().size();
  bool carried = use.getOperandNumber() < carries;
  if (!end || (carried ? *end != use.getOperandNumber() : *end < carries))
    return {};
  return loop.getResult(*end);
}

AddOp flm::accumulationOf(BlockArgument argument) {
  AddOp sum;
  std::optional<unsigned> end = yieldedAt(argument, sum);
  return end == argument.getArgNumber() ? sum : AddOp();
}
