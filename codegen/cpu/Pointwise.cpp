//===----------------------------------------------------------------------===//
// Kernels that compute each element from the same element of their inputs.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Pointwise.h"

#include "codegen/cpu/Rows.h"

using namespace mlir;

namespace flm::cpu {

namespace {
/// The frame of a pointwise kernel: `inputs` and then `outputs` flat buffers of
/// one element type.
struct PointwiseKernel : RowsKernel {
  PointwiseKernel(OpBuilder &builder, Location loc, StringRef symbol,
                  ArrayRef<Type> operands, int64_t count,
                  const CpuTarget &target)
      : RowsKernel(builder, loc, symbol, operands),
        blocks(blocksOfElements(count, bytesPerElement(operands))),
        target(target) {}

  PointwiseKernel(OpBuilder &builder, Location loc, StringRef symbol,
                  unsigned buffers, const PointwiseProblem &problem,
                  const CpuTarget &target)
      : PointwiseKernel(
            builder, loc, symbol,
            SmallVector<Type>(buffers,
                              bufferType({problem.count}, problem.elementType)),
            problem.count, target) {}

  /// Runs `body` on the blocks of the task's share and ends the kernel.
  CpuKernel forEachElement(function_ref<void(const Strip &)> body) {
    forEachStrip(*this, taskSpan(blocks), target, body);
    return finish(blocks.tasks());
  }

  static int64_t bytesPerElement(ArrayRef<Type> operands) {
    int64_t bytes = 0;
    for (Type type : operands)
      bytes += bytesOf(cast<MemRefType>(type).getElementType());
    return bytes;
  }

  TaskBlocks blocks;
  const CpuTarget &target;
};
} // namespace

CpuKernel buildSiluMul(OpBuilder &builder, Location loc, StringRef symbol,
                       const PointwiseProblem &problem,
                       const CpuTarget &target) {
  PointwiseKernel kernel(builder, loc, symbol, 3, problem, target);
  Value gate = kernel.operand(0), up = kernel.operand(1),
        out = kernel.operand(2);
  return kernel.forEachElement([&](const Strip &strip) {
    Real g = strip.load(gate);
    strip.store(g * sigmoid(g) * strip.load(up), out);
  });
}

CpuKernel buildSiluMulGrad(OpBuilder &builder, Location loc, StringRef symbol,
                           const PointwiseProblem &problem,
                           const CpuTarget &target) {
  PointwiseKernel kernel(builder, loc, symbol, 5, problem, target);
  Value dy = kernel.operand(0), gate = kernel.operand(1),
        up = kernel.operand(2), dgate = kernel.operand(3),
        dup = kernel.operand(4);
  return kernel.forEachElement([&](const Strip &strip) {
    // All loads come first: an output may be any input's buffer.
    Real d = strip.load(dy), g = strip.load(gate), u = strip.load(up);
    Real s = sigmoid(g);
    Real silu = g * s;
    Real slope = mulAdd(silu, 1.0 - s, s); // of silu at g
    strip.store(d * u * slope, dgate);
    strip.store(d * silu, dup);
  });
}

CpuKernel buildAdd(OpBuilder &builder, Location loc, StringRef symbol,
                   int64_t inputs, const PointwiseProblem &problem,
                   const CpuTarget &target) {
  assert(inputs >= 2 && "a sum of one input is a copy");
  PointwiseKernel kernel(builder, loc, symbol, inputs + 1, problem, target);
  return kernel.forEachElement([&](const Strip &strip) {
    Real sum = strip.load(kernel.operand(0));
    for (int64_t i = 1; i < inputs; ++i)
      sum = sum + strip.load(kernel.operand(i));
    strip.store(sum, kernel.operand(inputs));
  });
}

CpuKernel buildScale(OpBuilder &builder, Location loc, StringRef symbol,
                     double factor, const PointwiseProblem &problem,
                     const CpuTarget &target) {
  PointwiseKernel kernel(builder, loc, symbol, 2, problem, target);
  Value x = kernel.operand(0), y = kernel.operand(1);
  return kernel.forEachElement(
      [&](const Strip &strip) { strip.store(factor * strip.load(x), y); });
}

CpuKernel buildScaleBy(OpBuilder &builder, Location loc, StringRef symbol,
                       const PointwiseProblem &problem,
                       const CpuTarget &target) {
  Type flat = bufferType({problem.count}, problem.elementType);
  PointwiseKernel kernel(builder, loc, symbol,
                         {flat, bufferType({1}, builder.getF32Type()), flat},
                         problem.count, target);
  Value x = kernel.operand(0), y = kernel.operand(2);
  Real factor = kernel.loadReal(kernel.operand(1), kernel.index(0));
  return kernel.forEachElement(
      [&](const Strip &strip) { strip.store(factor * strip.load(x), y); });
}

CpuKernel buildFill(OpBuilder &builder, Location loc, StringRef symbol,
                    double number, const PointwiseProblem &problem,
                    const CpuTarget &target) {
  PointwiseKernel kernel(builder, loc, symbol, 1, problem, target);
  Real value = constant(kernel, kernel.getF32Type(), number);
  return kernel.forEachElement(
      [&](const Strip &strip) { strip.store(value, kernel.operand(0)); });
}

CpuKernel buildCast(OpBuilder &builder, Location loc, StringRef symbol,
                    Type resultType, const PointwiseProblem &problem,
                    const CpuTarget &target) {
  PointwiseKernel kernel(builder, loc, symbol,
                         {bufferType({problem.count}, problem.elementType),
                          bufferType({problem.count}, resultType)},
                         problem.count, target);
  return kernel.forEachElement([&](const Strip &strip) {
    strip.store(strip.load(kernel.operand(0)), kernel.operand(1));
  });
}

CpuKernel buildCopy(OpBuilder &builder, Location loc, StringRef symbol,
                    int64_t bytes, const CpuTarget &target) {
  // The widest units of which there is a whole number.
  Type unit = builder.getF32Type();
  if (bytes % 4 != 0)
    unit = builder.getIntegerType(bytes % 2 == 0 ? 16 : 8);
  int64_t count = bytes * 8 / unit.getIntOrFloatBitWidth();
  Type operand = bufferType({count}, unit);
  PointwiseKernel kernel(builder, loc, symbol, {operand, operand}, count,
                         target);
  return kernel.forEachElement([&](const Strip &strip) {
    strip.copy(kernel.operand(0), kernel.operand(1));
  });
}

} // namespace flm::cpu
