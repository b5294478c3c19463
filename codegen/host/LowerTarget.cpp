//===----------------------------------------------------------------------===//
// Runs the lowering of the module's target.
//===----------------------------------------------------------------------===//
#include "codegen/host/Passes.h"
#include "codegen/target/Target.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_LOWERTARGET
#include "codegen/host/Passes.h.inc"
} // namespace flm

namespace {

/// A pass, because which passes are needed is known only when the module is.
struct LowerTarget : flm::impl::LowerTargetBase<LowerTarget> {
  void getDependentDialects(DialectRegistry &registry) const override {
    LowerTargetBase::getDependentDialects(registry);
    for (const std::unique_ptr<Target> &target : Target::all())
      target->registerDialects(registry);
  }

  void runOnOperation() override {
    const Target *target = Target::of(getOperation());
    OpPassManager passes(ModuleOp::getOperationName());
    if (!target || failed(target->addLowering(passes, getOperation())) ||
        failed(runPipeline(passes, getOperation())))
      return signalPassFailure();
    // Nobody asks any more.
    getOperation()->removeAttr(kTarget);
    getOperation()->removeAttr(kCpu);
  }
};

} // namespace
