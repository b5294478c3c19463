//===----------------------------------------------------------------------===//
// Stage `train`.
//===----------------------------------------------------------------------===//
#include "passes/autodiff/Passes.h"
#include "passes/autodiff/Vjp.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void flm::buildTrainStage(OpPassManager &pm,
                          const BuildProgramsOptions &options) {
  pm.addPass(createBuildPrograms(options));
  OpPassManager &programs = pm.nest<ProgramOp>();
  programs.addPass(createExpandCrossEntropy());
  programs.addPass(createAccumulateInLoops());
  // CSE joins the softmax statistics of the loss with those of its gradient;
  // canonicalization drops the stacks and slices that turned out unused.
  programs.addPass(createCanonicalizerPass());
  programs.addPass(createCSEPass());
  pm.addPass(createRecompute());
  OpPassManager &cleanUp = pm.nest<ProgramOp>();
  cleanUp.addPass(createCanonicalizerPass());
  cleanUp.addPass(createCSEPass());
}

void flm::registerGradientRules(DialectRegistry &registry) {
  registerAttentionRules(registry);
  registerElementwiseRules(registry);
  registerEmbeddingRules(registry);
  registerLinearRules(registry);
  registerLoopRules(registry);
  registerLossRules(registry);
  registerNormRules(registry);
}
