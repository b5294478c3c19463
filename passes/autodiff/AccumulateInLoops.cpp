//===----------------------------------------------------------------------===//
// Moves an accumulation over micro-batches into the loop that makes the terms.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/Passes.h"

#include "dialects/flm/ValueNames.h"
#include "passes/autodiff/LoopEditing.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_ACCUMULATEINLOOPS
#include "passes/autodiff/Passes.h.inc"
} // namespace flm

namespace {

struct AccumulateInLoops : flm::impl::AccumulateInLoopsBase<AccumulateInLoops> {
  void runOnOperation() override {
    SmallVector<AddOp> adds;
    getOperation().walk([&](AddOp add) { adds.push_back(add); });
    for (AddOp add : adds)
      sink(add);
  }

  /// add(acc, stack of a loop that nobody else reads), acc from before the
  /// loop.
  static void sink(AddOp add) {
    if (add.getValues().size() != 2)
      return;
    Value sum = add.getValues()[0];
    auto stack = dyn_cast<OpResult>(add.getValues()[1]);
    if (!stack || !stack.hasOneUse())
      return;
    auto loop = dyn_cast<LoopOp>(stack.getOwner());
    if (!loop || stack.getResultNumber() < loop.getInits().size())
      return;
    if (Operation *def = sum.getDefiningOp();
        def && def->getBlock() == loop->getBlock() &&
        loop->isBeforeInBlock(def))
      return;
    unsigned index = stack.getResultNumber() - loop.getInits().size();
    StringRef name = valueName(loop.yield().getStacks()[index]);
    std::string sliceName = name.empty() ? "" : (name + "_sum").str();
    BlockArgument slice = appendSlices(loop, sum, {sliceName}).front();
    Value term = loop.yield().getStacks()[index];
    OpBuilder builder(loop.yield());
    Value next = AddOp::create(builder, derivedFrom(term, "", "_next"),
                               slice.getType(), ValueRange{slice, term});
    loop.yield().getStacksMutable()[index].set(next);
    add.getY().replaceAllUsesWith(loop.getStacks()[index]);
    add.erase();
  }
};

} // namespace
