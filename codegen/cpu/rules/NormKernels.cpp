//===----------------------------------------------------------------------===//
// Kernels of the norms and their gradients.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Norm.h"

#include "codegen/cpu/rules/KernelShapes.h"
#include "codegen/cpu/rules/Rules.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

template <typename Op> static NormProblem problemOf(Op op, Launcher &to) {
  Matrix x(op.getX());
  return {x.rows, x.columns, op.getEps().convertToDouble(), to.f32(), to.f32()};
}

static std::string describe(const NormProblem &problem) {
  return sizes({problem.rows, problem.n}) + "_eps" + constant(problem.eps);
}

static LogicalResult rmsNorm(RmsNormOp op, Launcher &to) {
  NormProblem problem = problemOf(op, to);
  return to.launch("rms_norm_" + describe(problem),
                   {op.getX(), op.getG(), op.getY()}, buildRmsNorm, problem);
}

static LogicalResult rmsNormGradX(RmsNormGradXOp op, Launcher &to) {
  NormProblem problem = problemOf(op, to);
  return to.launch("rms_norm_grad_x_" + describe(problem),
                   {op.getDy(), op.getX(), op.getG(), op.getDx()},
                   buildRmsNormGradX, problem);
}

/// The sum of what a kernel of partial sums over chunks of rows left in the
/// temporaries.
static LogicalResult foldRows(const Matrix &x, Value sum, Launcher &to) {
  int64_t chunks = normChunks(x.rows);
  return to.launch("fold_rows_" + sizes({chunks, x.columns}),
                   {to.temporaries(), sum}, buildFoldRows, chunks, x.columns,
                   /*accumulate=*/false);
}

/// Bytes of these partial sums. The gradient is of `dy`, operand 0.
template <typename Op> static int64_t partialSums(Op op) {
  Matrix dy(op.getDy());
  return normChunks(dy.rows) * dy.columns * kFloatBytes;
}

static LogicalResult rmsNormGradG(RmsNormGradGOp op, Launcher &to) {
  NormProblem problem = problemOf(op, to);
  if (failed(to.launch("rms_norm_grad_g_" + describe(problem),
                       {op.getDy(), op.getX(), to.temporaries()},
                       buildRmsNormGradGainPartials, problem)))
    return failure();
  return foldRows(Matrix(op.getX()), op.getDg(), to);
}

static LogicalResult layerNorm(LayerNormOp op, Launcher &to) {
  NormProblem problem = problemOf(op, to);
  return to.launch("layer_norm_" + describe(problem),
                   {op.getX(), op.getG(), op.getB(), op.getY()}, buildLayerNorm,
                   problem);
}

static LogicalResult layerNormGradX(LayerNormGradXOp op, Launcher &to) {
  NormProblem problem = problemOf(op, to);
  return to.launch("layer_norm_grad_x_" + describe(problem),
                   {op.getDy(), op.getX(), op.getG(), op.getDx()},
                   buildLayerNormGradX, problem);
}

static LogicalResult layerNormGradG(LayerNormGradGOp op, Launcher &to) {
  NormProblem problem = problemOf(op, to);
  if (failed(to.launch("layer_norm_grad_g_" + describe(problem),
                       {op.getDy(), op.getX(), to.temporaries()},
                       buildLayerNormGradGainPartials, problem)))
    return failure();
  return foldRows(Matrix(op.getX()), op.getDg(), to);
}

static LogicalResult layerNormGradB(LayerNormGradBOp op, Launcher &to) {
  Matrix dy(op.getDy());
  if (failed(to.launch("row_sums_" + sizes({dy.rows, dy.columns}),
                       {op.getDy(), to.temporaries()}, buildRowSumPartials,
                       dy.rows, dy.columns, to.f32())))
    return failure();
  return foldRows(dy, op.getDb(), to);
}

void flm::cpu::addNormRules(KernelRules &rules) {
  allowInPlace(addRule<RmsNormOp, rmsNorm>(rules), {{0, 0}});
  allowInPlace(addRule<RmsNormGradXOp, rmsNormGradX>(rules), {{0, 0}});
  needTemporaries<RmsNormGradGOp, partialSums>(
      addRule<RmsNormGradGOp, rmsNormGradG>(rules));
  allowInPlace(addRule<LayerNormOp, layerNorm>(rules), {{0, 0}});
  allowInPlace(addRule<LayerNormGradXOp, layerNormGradX>(rules), {{0, 0}});
  needTemporaries<LayerNormGradGOp, partialSums>(
      addRule<LayerNormGradGOp, layerNormGradG>(rules));
  needTemporaries<LayerNormGradBOp, partialSums>(
      addRule<LayerNormGradBOp, layerNormGradB>(rules));
}
