//===----------------------------------------------------------------------===//
// Creating the function of an attention kernel.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionKernel.h"

#include "mlir/IR/Diagnostics.h"

#include <cmath>

using namespace mlir;
using namespace flm::cpu;

LogicalResult flm::cpu::verifyAttention(Location loc,
                                        const AttentionProblem &problem) {
  if (problem.batch < 1 || problem.seq < 1 || problem.heads < 1 ||
      problem.headDim < 1)
    return emitError(loc) << "attention needs sizes of 1 or more; found batch "
                          << problem.batch << ", seq " << problem.seq
                          << ", heads " << problem.heads << ", headDim "
                          << problem.headDim;
  Type type = problem.elementType;
  if (!type || !(type.isF32() || type.isBF16()))
    return emitError(loc) << "CPU attention is written for f32 and bf16"
                          << "; found " << type
                          << "; convert the operands first";
  return success();
}

float flm::cpu::queryScale(const AttentionProblem &problem) {
  return log2OfE / std::sqrt(static_cast<double>(problem.headDim));
}

static func::FuncOp createFunction(OpBuilder &builder, Location loc,
                                   StringRef symbol,
                                   ArrayRef<AttentionKernel::Operand> operands,
                                   const AttentionProblem &p) {
  auto rows =
      MemRefType::get({p.batch, p.seq, p.heads * p.headDim}, p.elementType);
  auto logSumExp =
      MemRefType::get({p.batch, p.heads, p.seq}, builder.getF32Type());
  SmallVector<Type> types;
  for (AttentionKernel::Operand operand : operands)
    types.push_back(operand == AttentionKernel::Rows ? rows : logSumExp);
  types.push_back(MemRefType::get(ShapedType::kDynamic, builder.getI8Type()));
  types.push_back(builder.getIndexType());

  auto function = func::FuncOp::create(builder, loc, symbol,
                                       builder.getFunctionType(types, {}));
  function.setPrivate();
  builder.setInsertionPointToStart(function.addEntryBlock());
  return function;
}

AttentionKernel::AttentionKernel(OpBuilder &builder, Location loc,
                                 StringRef symbol, ArrayRef<Operand> operands,
                                 const AttentionProblem &problem,
                                 const CpuTarget &target)
    : restoreInsertionPoint(builder), problem(problem),
      schedule(this->problem, target),
      function(createFunction(builder, loc, symbol, operands, problem)),
      e(builder, loc, schedule.lanes), tiles(e, this->problem, schedule),
      packing(e, this->problem, schedule),
      workspace(e, argument(operands.size())) {}

HeadRows AttentionKernel::rows(unsigned i, Index batch, Index head) {
  return {argument(i), e.index(batch), e.index(e.mul(head, problem.headDim))};
}

CpuKernel AttentionKernel::finish(int64_t tasks) {
  func::ReturnOp::create(e.builder, e.loc);
  return {function, tasks, workspace.bytes()};
}
