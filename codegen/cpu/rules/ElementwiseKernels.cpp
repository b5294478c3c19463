//===----------------------------------------------------------------------===//
// Kernels of elementwise ops.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Pointwise.h"
#include "codegen/cpu/rules/KernelShapes.h"
#include "codegen/cpu/rules/Rules.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

static PointwiseProblem problemOf(Value value, Launcher &to) {
  return {typeOf(value).numElements(), to.f32()};
}

static LogicalResult add(AddOp op, Launcher &to) {
  PointwiseProblem problem = problemOf(op.getY(), to);
  auto inputs = static_cast<int64_t>(op.getValues().size());
  SmallVector<Bytes> operands(op.getValues().begin(), op.getValues().end());
  operands.push_back(op.getY());
  return to.launch("add" + Twine(inputs) + "_" + Twine(problem.count), operands,
                   buildAdd, inputs, problem);
}

/// The sum may be made in any of its terms.
static SmallVector<InPlacePair> inAnyTerm(Operation *op) {
  SmallVector<InPlacePair> pairs;
  for (unsigned i = 0, n = op->getNumOperands(); i < n; ++i)
    pairs.push_back({0, i});
  return pairs;
}

static LogicalResult scale(ScaleOp op, Launcher &to) {
  PointwiseProblem problem = problemOf(op.getY(), to);
  double factor = op.multiplier();
  return to.launch("scale_" + Twine(problem.count) + "_by" + constant(factor),
                   {op.getX(), op.getY()}, buildScale, factor, problem);
}

static LogicalResult siluMul(SiluMulOp op, Launcher &to) {
  PointwiseProblem problem = problemOf(op.getY(), to);
  return to.launch("silu_mul_" + Twine(problem.count),
                   {op.getGate(), op.getUp(), op.getY()}, buildSiluMul,
                   problem);
}

static LogicalResult siluMulGrad(SiluMulGradOp op, Launcher &to) {
  PointwiseProblem problem = problemOf(op.getDy(), to);
  return to.launch(
      "silu_mul_grad_" + Twine(problem.count),
      {op.getDy(), op.getGate(), op.getUp(), op.getDgate(), op.getDup()},
      buildSiluMulGrad, problem);
}

static LogicalResult fill(FillOp op, Launcher &to) {
  PointwiseProblem problem = problemOf(op.getY(), to);
  double value = op.getValue().convertToDouble();
  return to.launch("fill_" + Twine(problem.count) + "_with" + constant(value),
                   {op.getY()}, buildFill, value, problem);
}

void flm::cpu::addElementwiseRules(KernelRules &rules) {
  addRule<AddOp, add>(rules).inPlace = inAnyTerm;
  allowInPlace(addRule<ScaleOp, scale>(rules), {{0, 0}});
  allowInPlace(addRule<SiluMulOp, siluMul>(rules), {{0, 0}, {0, 1}});
  allowInPlace(addRule<SiluMulGradOp, siluMulGrad>(rules),
               {{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}});
  addRule<FillOp, fill>(rules);
}
