//===----------------------------------------------------------------------===//
// Kernels of the optimizer, and of the norms and means that go with a step.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Optimizer.h"
#include "codegen/cpu/rules/KernelShapes.h"
#include "codegen/cpu/rules/Reductions.h"
#include "codegen/cpu/rules/Rules.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

static LogicalResult sumSquares(SumSquaresOp op, Launcher &to) {
  return launchReduction("sum_squares_", op.getX(), op.getY(), Summand::Square,
                         1.0, to);
}

static LogicalResult meanAbs(MeanAbsOp op, Launcher &to) {
  auto count = static_cast<double>(typeOf(op.getX()).numElements());
  return launchReduction("mean_abs_", op.getX(), op.getY(), Summand::Magnitude,
                         1.0 / count, to);
}

template <typename Op> static int64_t partialSums(Op op) {
  return reductionTemporaries(op.getX());
}

static LogicalResult chunkSums(ChunkSumsOp op, Launcher &to) {
  int64_t length = op.getLength();
  int64_t chunks = typeOf(op.getY()).numElements();
  return to.launch("chunk_squares_" + sizes({chunks, length}),
                   {op.getX(), op.getY()}, buildChunkSquares, chunks, length,
                   to.f32());
}

static LogicalResult chunkTotal(ChunkTotalOp op, Launcher &to) {
  return launchChunkFold(op.getX(), op.getY(), typeOf(op.getX()).numElements(),
                         1.0, to);
}

static LogicalResult fold(FoldOp op, Launcher &to) {
  int64_t count = typeOf(op.getY()).numElements();
  int64_t slots = typeOf(op.getX()).numElements() / count;
  return to.launch("fold_slots_" + sizes({slots, count}),
                   {op.getX(), op.getY()}, buildFoldSlots, slots, count,
                   to.f32());
}

static LogicalResult clip(ClipOp op, Launcher &to) {
  return to.launch(
      "clip", {op.getSumsq(), op.getHyper(), op.getNorm(), op.getCoef()},
      [](OpBuilder &builder, Location loc, StringRef symbol,
         const CpuTarget &) { return buildClip(builder, loc, symbol); });
}

static LogicalResult adamW(AdamWOp op, Launcher &to) {
  // The kernel updates in place what the results are.
  if (failed(to.copy(op.getParam(), op.getParamNext())) ||
      failed(to.copy(op.getM(), op.getMNext())) ||
      failed(to.copy(op.getV(), op.getVNext())))
    return failure();
  AdamWProblem problem{
      typeOf(op.getParam()).numElements(), op.getLr().convertToDouble(),
      op.getWd().convertToDouble(), op.getEps().convertToDouble()};
  return to.launch("adamw_" + Twine(problem.count) + "_lr" +
                       constant(problem.lrMultiplier) + "_wd" +
                       constant(problem.weightDecayMultiplier) + "_eps" +
                       constant(problem.epsMultiplier),
                   {op.getParamNext(), op.getMNext(), op.getVNext(),
                    op.getGrad(), op.getCoef(), op.getHyper()},
                   buildAdamW, problem);
}

void flm::cpu::addTrainRules(KernelRules &rules) {
  needTemporaries<SumSquaresOp, partialSums>(
      addRule<SumSquaresOp, sumSquares>(rules));
  needTemporaries<MeanAbsOp, partialSums>(addRule<MeanAbsOp, meanAbs>(rules));
  addRule<ChunkSumsOp, chunkSums>(rules);
  addRule<ChunkTotalOp, chunkTotal>(rules);
  addRule<FoldOp, fold>(rules);
  addRule<ClipOp, clip>(rules);
  addRule<AdamWOp, adamW>(rules);
}
