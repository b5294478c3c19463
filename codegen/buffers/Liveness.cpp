//===----------------------------------------------------------------------===//
// When values of a program are alive, on one line of positions.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/Liveness.h"

using namespace mlir;
using namespace flm;

Liveness::Liveness(ProgramOp program) {
  number(*program.body());
  program.walk([&](Operation *op) {
    for (OpResult result : op->getResults())
      lastUses[result] = end(op);
  });
  auto touch = [&](Value value, Operation *user) {
    // The op of the value's own block in which the use happens.
    Operation *at = value.getParentBlock()->findAncestorOpInBlock(*user);
    int64_t &last = lastUses[value];
    last = std::max(last, end(at));
  };
  program.walk([&](Operation *op) {
    // A pipeline saves what a forward pass yields when the pass has ended.
    auto yield =
        isa<LoopOp>(op->getParentOp()) ? dyn_cast<YieldOp>(op) : YieldOp();
    for (OpOperand &operand : op->getOpOperands()) {
      // An argument is stacked when its iteration begins.
      if (yield && isa<BlockArgument>(operand.get()) &&
          operand.get().getParentBlock() == op->getBlock() &&
          operand.getOperandNumber() >= yield.getCarries().size())
        continue;
      touch(operand.get(), op);
    }
  });
}

void Liveness::number(Block &block) {
  for (Operation &op : block) {
    begins[&op] = next++;
    if (auto loop = dyn_cast<LoopOp>(op)) {
      for (BlockArgument argument : loop.body()->getArguments())
        lastUses[argument] = begins[&op];
      number(*loop.body());
    }
    for (Region &region :
         isa<PipelineOp>(op) ? op.getRegions() : MutableArrayRef<Region>()) {
      for (BlockArgument argument : region.getArguments())
        lastUses[argument] = begins[&op];
      number(region.front());
    }
    ends[&op] = op.getNumRegions() ? next++ : begins[&op];
  }
}
