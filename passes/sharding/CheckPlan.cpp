//===----------------------------------------------------------------------===//
// Refuses a plan that can not be carried out.
//===----------------------------------------------------------------------===//
#include "passes/sharding/Passes.h"

#include "dialects/flm/Flm.h"

#define DEBUG_TYPE "flm-check-plan"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_CHECKPLAN
#include "passes/sharding/Passes.h.inc"
} // namespace flm

namespace {

struct CheckPlan : flm::impl::CheckPlanBase<CheckPlan> {
  void runOnOperation() override {
    for (PlanOp plan : getOperation().getOps<PlanOp>()) {
      if (plan.ranks() == 1)
        continue;
      auto diag = plan.emitError() << "plan @" << plan.getSymName() << " has "
                                   << plan.ranks() << " ranks (";
      llvm::interleaveComma(
          llvm::zip(plan.getAxes(), plan.getSizes()), diag, [&](auto axis) {
            diag << cast<StringAttr>(std::get<0>(axis)).getValue() << " = "
                 << cast<IntegerAttr>(std::get<1>(axis)).getInt();
          });
      diag << "); this version compiles plans of one rank";
      return signalPassFailure();
    }
  }
};

} // namespace
