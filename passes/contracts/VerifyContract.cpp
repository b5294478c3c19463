//===----------------------------------------------------------------------===//
// What a stage promises to the next, as a pass.
//===----------------------------------------------------------------------===//
#include "passes/contracts/Passes.h"
#include "passes/contracts/StageInput.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_VERIFYCONTRACT
#include "passes/contracts/Passes.h.inc"
} // namespace flm

namespace {

struct VerifyContract : flm::impl::VerifyContractBase<VerifyContract> {
  using VerifyContractBase::VerifyContractBase;

  void runOnOperation() override {
    std::optional<Stage> reached = stageNamed(stage);
    if (!reached) {
      getOperation().emitError()
          << "unknown stage '" << stage << "'; known: " << stageNames();
      return signalPassFailure();
    }
    if (failed(verifyContract(getOperation(), *reached)))
      signalPassFailure();
  }
};

} // namespace
