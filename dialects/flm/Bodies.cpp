//===----------------------------------------------------------------------===//
// What the bodies of models, programs, loops and pipelines may hold.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Bodies.h"

#include "dialects/flm/Flm.h"

using namespace mlir;
using namespace flm;

LogicalResult flm::verifyArguments(Operation *op) {
  for (Region &region : op->getRegions())
    for (BlockArgument argument : region.getArguments())
      if (!isa<NamedTensorType>(argument.getType()))
        return op->emitOpError()
               << "argument #" << argument.getArgNumber() << " of its body is "
               << argument.getType() << "; expected a tensor with named dims";
  return success();
}

LogicalResult flm::verifyOwnOps(Operation *op) {
  WalkResult result = op->walk([](Operation *inner) -> WalkResult {
    if (isa_and_present<FlmDialect>(inner->getDialect()))
      return WalkResult::advance();
    return inner->emitOpError("is no op of the flm dialect, and models and "
                              "programs have no others");
  });
  return failure(result.wasInterrupted());
}
