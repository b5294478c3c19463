//===----------------------------------------------------------------------===//
// Kernels of rms_norm and its gradients.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Norm.h"

#include "codegen/cpu/rules/KernelShapes.h"
#include "codegen/cpu/rules/Rules.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

template <typename Op> static RmsNormProblem problemOf(Op op, Launcher &to) {
  Matrix x(op.getX());
  return {x.rows, x.columns, op.getEps().convertToDouble(), to.f32(), to.f32()};
}

static std::string describe(const RmsNormProblem &problem) {
  return sizes({problem.rows, problem.n}) + "_eps" + constant(problem.eps);
}

static LogicalResult rmsNorm(RmsNormOp op, Launcher &to) {
  RmsNormProblem problem = problemOf(op, to);
  return to.launch("rms_norm_" + describe(problem),
                   {op.getX(), op.getG(), op.getY()}, buildRmsNorm, problem);
}

static LogicalResult rmsNormGradX(RmsNormGradXOp op, Launcher &to) {
  RmsNormProblem problem = problemOf(op, to);
  return to.launch("rms_norm_grad_x_" + describe(problem),
                   {op.getDy(), op.getX(), op.getG(), op.getDx()},
                   buildRmsNormGradX, problem);
}

/// Partial sums over a fixed grid of rows, then their sum.
static LogicalResult rmsNormGradG(RmsNormGradGOp op, Launcher &to) {
  RmsNormProblem problem = problemOf(op, to);
  if (failed(to.launch("rms_norm_grad_g_" + describe(problem),
                       {op.getDy(), op.getX(), to.temporaries()},
                       buildRmsNormGradGainPartials, problem)))
    return failure();
  int64_t chunks = rmsNormChunks(problem.rows);
  return to.launch("fold_rows_" + sizes({chunks, problem.n}),
                   {to.temporaries(), op.getDg()}, buildFoldRows, chunks,
                   problem.n, /*accumulate=*/false);
}

static int64_t rmsNormGradGTemporaries(RmsNormGradGOp op) {
  Matrix x(op.getX());
  return rmsNormChunks(x.rows) * x.columns * kFloatBytes;
}

void flm::cpu::addNormRules(KernelRules &rules) {
  allowInPlace(addRule<RmsNormOp, rmsNorm>(rules), {{0, 0}});
  allowInPlace(addRule<RmsNormGradXOp, rmsNormGradX>(rules), {{0, 0}});
  needTemporaries<RmsNormGradGOp, rmsNormGradGTemporaries>(
      addRule<RmsNormGradGOp, rmsNormGradG>(rules));
}
