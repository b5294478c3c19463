//===----------------------------------------------------------------------===//
// Kernels of cross entropy's primitives.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/CrossEntropy.h"
#include "codegen/cpu/rules/KernelShapes.h"
#include "codegen/cpu/rules/Reductions.h"
#include "codegen/cpu/rules/Rules.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

/// Rows of logits of which the first `valid` count, all of them without.
static CrossEntropyProblem problemOf(Value logits, std::optional<int64_t> valid,
                                     Launcher &to) {
  Matrix shape(logits);
  return {shape.rows, valid.value_or(shape.columns), shape.columns, to.f32()};
}

static std::optional<int64_t> sizeOf(DimAttr valid) {
  return valid ? std::optional(valid.size()) : std::nullopt;
}

static std::string describe(const CrossEntropyProblem &problem) {
  return sizes({problem.rows, problem.vocab, problem.paddedVocab});
}

static LogicalResult maskPadding(MaskPaddingOp op, Launcher &to) {
  FailureOr<BufferAttr> rank = rankOn(op, op.getAxisAttr());
  // The kernel works in place.
  if (failed(rank) || failed(to.copy(op.getX(), op.getY())))
    return failure();
  CrossEntropyProblem problem =
      problemOf(op.getX(), static_cast<int64_t>(op.getValid()), to);
  return to.launch("mask_padding_" + describe(problem), {*rank, op.getY()},
                   buildMaskPadding, problem);
}

static LogicalResult reduceMax(ReduceMaxOp op, Launcher &to) {
  CrossEntropyProblem problem =
      problemOf(op.getLogits(), sizeOf(op.getValidAttr()), to);
  return to.launch("reduce_max_" + describe(problem),
                   {op.getLogits(), op.getY()}, buildReduceMax, problem);
}

static LogicalResult sumExp(SumExpOp op, Launcher &to) {
  CrossEntropyProblem problem =
      problemOf(op.getLogits(), sizeOf(op.getValidAttr()), to);
  return to.launch("sum_exp_" + describe(problem),
                   {op.getLogits(), op.getMax(), op.getY()}, buildSumExp,
                   problem);
}

static LogicalResult pick(PickOp op, Launcher &to) {
  CrossEntropyProblem problem = problemOf(op.getLogits(), std::nullopt, to);
  return to.launch("pick_" + describe(problem),
                   {op.getLogits(), op.getTargets(), op.getY()}, buildPick,
                   problem);
}

static LogicalResult nll(NllOp op, Launcher &to) {
  int64_t rows = typeOf(op.getY()).numElements();
  return to.launch("nll_" + Twine(rows),
                   {op.getSumExp(), op.getMax(), op.getPicked(), op.getY()},
                   buildNll, rows);
}

static LogicalResult crossEntropyGrad(CrossEntropyGradOp op, Launcher &to) {
  CrossEntropyProblem problem =
      problemOf(op.getLogits(), sizeOf(op.getValidAttr()), to);
  return to.launch("cross_entropy_grad_" + describe(problem),
                   {op.getLogits(), op.getMax(), op.getSumExp(),
                    op.getTargets(), op.getSeed(), op.getDlogits()},
                   buildCrossEntropyGrad, problem);
}

static LogicalResult sum(SumOp op, Launcher &to) {
  return launchReduction("sum_", op.getX(), op.getY(), Summand::Element, 1.0,
                         to);
}

static int64_t partialSums(SumOp op) { return reductionTemporaries(op.getX()); }

void flm::cpu::addLossRules(KernelRules &rules) {
  addRule<MaskPaddingOp, maskPadding>(rules);
  addRule<ReduceMaxOp, reduceMax>(rules);
  addRule<SumExpOp, sumExp>(rules);
  addRule<PickOp, pick>(rules);
  addRule<NllOp, nll>(rules);
  allowInPlace(addRule<CrossEntropyGradOp, crossEntropyGrad>(rules), {{0, 0}});
  needTemporaries<SumOp, partialSums>(addRule<SumOp, sum>(rules));
}
