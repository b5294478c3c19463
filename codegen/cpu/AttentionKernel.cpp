//===----------------------------------------------------------------------===//
// Creating the function of an attention kernel.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionKernel.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/MathExtras.h"

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
  if (!type.isF32() && !type.isBF16())
    return emitError(loc) << "attention on the CPU is written for f32 and "
                             "bf16; found "
                          << type << "; convert the operands first";
  return success();
}

static SmallVector<Type>
operandTypes(OpBuilder &builder, ArrayRef<AttentionKernel::Operand> operands,
             const AttentionProblem &p) {
  auto rows =
      MemRefType::get({p.batch, p.seq, p.heads * p.headDim}, p.elementType);
  auto logSumExp =
      MemRefType::get({p.batch, p.heads, p.seq}, builder.getF32Type());
  SmallVector<Type> types;
  for (AttentionKernel::Operand operand : operands)
    types.push_back(operand == AttentionKernel::Rows ? rows : logSumExp);
  return types;
}

AttentionKernel::AttentionKernel(OpBuilder &builder, Location loc,
                                 StringRef symbol, ArrayRef<Operand> operands,
                                 const AttentionProblem &problem,
                                 const CpuTarget &target)
    : problem(problem), schedule(problem, target),
      b(builder, loc, schedule.lanes),
      function(b.beginKernel(symbol, operandTypes(b, operands, problem))),
      tiles(b, this->problem, schedule), packing(b, this->problem, schedule) {}

HeadRows AttentionKernel::rows(unsigned i, Index batch, Index head) {
  return {argument(i), batch, head * problem.headDim};
}

Value AttentionKernel::allocate(ArrayRef<int64_t> shape) {
  Value workspace = argument(function.getNumArguments() - 2);
  Value buffer = b.workspaceView(workspace, bytes, shape, b.getF32Type());
  int64_t elements = cast<MemRefType>(buffer.getType()).getNumElements();
  bytes += llvm::alignTo(elements * sizeof(float), 64);
  return buffer;
}

double AttentionKernel::scale() const {
  return 1 / std::sqrt(static_cast<double>(problem.headDim));
}
