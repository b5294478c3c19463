//===----------------------------------------------------------------------===//
// Makes the programs of a training binary from a model.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/Passes.h"
#include "passes/autodiff/ProgramBuilder.h"
#include "passes/contracts/StageInput.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_BUILDPROGRAMS
#include "passes/autodiff/Passes.h.inc"
} // namespace flm

namespace {

struct BuildPrograms : flm::impl::BuildProgramsBase<BuildPrograms> {
  using BuildProgramsBase::BuildProgramsBase;

  void runOnOperation() override {
    auto models = getOperation().getOps<ModelOp>();
    if (!llvm::hasSingleElement(models)) {
      getOperation().emitError("expected one bound model; run the graph and "
                               "mup stages first");
      return signalPassFailure();
    }
    if (failed(verifyInput(getOperation(), *this, Stage::mup, Stage::mup)))
      return signalPassFailure();
    ProgramBuilder builder(*models.begin());
    if (failed(builder.collect()))
      return signalPassFailure();
    builder.buildInit();
    if (failed(builder.buildTrainStep()))
      return signalPassFailure();
    builder.buildEvalStep();
    builder.buildPredict();
    if (probe)
      builder.buildProbe();
  }
};

} // namespace
