//===----------------------------------------------------------------------===//
// Numbers the collectives of a module and counts their bytes.
//===----------------------------------------------------------------------===//
#include "passes/contracts/StageInput.h"
#include "passes/sharding/Mesh.h"
#include "passes/sharding/Passes.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_NUMBERRESHARDS
#include "passes/sharding/Passes.h.inc"
} // namespace flm

namespace {

struct NumberReshards : flm::impl::NumberReshardsBase<NumberReshards> {
  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::train, Stage::shard)))
      return signalPassFailure();
    Mesh mesh(getOperation());
    Builder builder(&getContext());
    int64_t next = 0;
    getOperation().walk<WalkOrder::PreOrder>([&](ReshardOp reshard) {
      reshard.setIdAttr(builder.getI64IntegerAttr(next++));
      reshard.setBytesAttr(builder.getI64IntegerAttr(
          mesh.bytesSent(typeOf(reshard.getX()), typeOf(reshard.getY()))));
    });
  }
};

} // namespace
