//===----------------------------------------------------------------------===//
// Lets a weight gradient's kernel add to its accumulator.
//===----------------------------------------------------------------------===//
#include "passes/fusion/Passes.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_FUSEACCUMULATION
#include "passes/fusion/Passes.h.inc"
} // namespace flm

namespace {

struct FuseAccumulation : flm::impl::FuseAccumulationBase<FuseAccumulation> {
  void runOnOperation() override {
    SmallVector<AddOp> adds;
    getOperation().walk([&](AddOp add) { adds.push_back(add); });
    for (AddOp add : adds) {
      if (add.getValues().size() != 2)
        continue;
      Value term = add.getValues()[1];
      if (!term.hasOneUse())
        continue;
      if (auto op = term.getDefiningOp<LinearGradWOp>(); op && !op.getInto())
        fuse(add, op);
      else if (auto op = term.getDefiningOp<EmbeddingGradOp>();
               op && !op.getInto())
        fuse(add, op);
    }
  }

  template <typename Op> static void fuse(AddOp add, Op gradient) {
    gradient->moveBefore(add);
    gradient.getIntoMutable().assign(add.getValues()[0]);
    gradient->setLoc(add.getLoc());
    add.getY().replaceAllUsesWith(gradient->getResult(0));
    add.erase();
  }
};

} // namespace
