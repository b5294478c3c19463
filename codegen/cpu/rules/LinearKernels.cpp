//===----------------------------------------------------------------------===//
// Kernels of linear layers: one GEMM in three layouts.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Gemm.h"
#include "codegen/cpu/rules/KernelShapes.h"
#include "codegen/cpu/rules/Rules.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

static FailureOr<CpuKernel> buildGemm(OpBuilder &builder, Location loc,
                                      StringRef symbol,
                                      const GemmProblem &problem,
                                      const CpuTarget &target) {
  return buildGemmKernel(builder, loc, symbol, problem,
                         selectGemmSchedule(problem, target), target);
}

static LogicalResult gemm(StringRef name, const GemmProblem &problem,
                          ArrayRef<Bytes> operands, Launcher &to) {
  return to.launch(name + sizes({problem.m, problem.n, problem.k}), operands,
                   buildGemm, problem);
}

static LogicalResult linear(LinearOp op, Launcher &to) {
  Matrix x(op.getX()), y(op.getY());
  return gemm(
      "gemm_nt_",
      {GemmLayout::NT, y.rows, y.columns, x.columns, to.f32(), to.f32()},
      {op.getX(), op.getW(), op.getY()}, to);
}

static LogicalResult linearGradX(LinearGradXOp op, Launcher &to) {
  Matrix dy(op.getDy()), dx(op.getDx());
  return gemm(
      "gemm_nn_",
      {GemmLayout::NN, dx.rows, dx.columns, dy.columns, to.f32(), to.f32()},
      {op.getDy(), op.getW(), op.getDx()}, to);
}

static LogicalResult linearGradW(LinearGradWOp op, Launcher &to) {
  Matrix dw(op.getDw()), dy(op.getDy());
  bool accumulate = static_cast<bool>(op.getInto());
  if (accumulate && failed(to.copy(op.getInto(), op.getDw())))
    return failure();
  return gemm(accumulate ? "gemm_tn_into_" : "gemm_tn_",
              {GemmLayout::TN, dw.rows, dw.columns, dy.rows, to.f32(), to.f32(),
               accumulate},
              {op.getDy(), op.getX(), op.getDw()}, to);
}

void flm::cpu::addLinearRules(KernelRules &rules) {
  addRule<LinearOp, linear>(rules);
  addRule<LinearGradXOp, linearGradX>(rules);
  addRule<LinearGradWOp, linearGradW>(rules);
}
