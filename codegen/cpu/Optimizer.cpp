//===----------------------------------------------------------------------===//
// Kernels of the optimizer.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Optimizer.h"

#include "codegen/cpu/Rows.h"

using namespace mlir;

namespace flm::cpu {

static Type hyperType(OpBuilder &builder) {
  return bufferType({abi::hyperCount}, builder.getF32Type());
}

static Real loadHyper(RowsKernel &kernel, Value hyper, Hyper which) {
  return kernel.loadReal(hyper, kernel.index(static_cast<int64_t>(which)));
}

CpuKernel buildClip(OpBuilder &builder, Location loc, StringRef symbol) {
  Type scalar = bufferType({1}, builder.getF32Type());
  RowsKernel kernel(builder, loc, symbol,
                    {scalar, hyperType(builder), scalar, scalar});
  Index zero = kernel.index(0);
  Real norm = sqrt(kernel.loadReal(kernel.operand(0), zero));
  Real clip = loadHyper(kernel, kernel.operand(1), Hyper::clip);
  Real ratio = clip / (1e-6 + norm);
  Real one = ratio.same(1);
  // Written so that a NaN ratio stays.
  Real coefficient = select(greater(ratio, one), one, ratio);
  coefficient = select(greater(clip, clip.same(0)), coefficient, one);
  kernel.storeReal(norm, kernel.operand(2), zero);
  kernel.storeReal(coefficient, kernel.operand(3), zero);
  return kernel.finish(/*tasks=*/1);
}

CpuKernel buildAdamW(OpBuilder &builder, Location loc, StringRef symbol,
                     const AdamWProblem &problem, const CpuTarget &target) {
  Type f32 = builder.getF32Type();
  Type flat = bufferType({problem.count}, f32);
  RowsKernel kernel(
      builder, loc, symbol,
      {flat, flat, flat, flat, bufferType({1}, f32), hyperType(builder)});
  Value p = kernel.operand(0), m = kernel.operand(1), v = kernel.operand(2),
        g = kernel.operand(3);
  Real coefficient = kernel.loadReal(kernel.operand(4), kernel.index(0));
  auto hyper = [&](Hyper which) {
    return loadHyper(kernel, kernel.operand(5), which);
  };

  // The order of operations of PyTorch's AdamW (torch/optim/adamw.py,
  // _single_tensor_adamw, not capturable): decay the parameter, then
  //   denominator = sqrt(v) / sqrt(bias2) + eps
  //   p += -(lr / bias1) * m / denominator
  Real lr = problem.lrMultiplier * hyper(Hyper::lr);
  Real decay = problem.weightDecayMultiplier * hyper(Hyper::weight_decay);
  Real eps = problem.epsMultiplier * hyper(Hyper::eps);
  Real kept = 1.0 - lr * decay;
  Real step = negate(lr / hyper(Hyper::bias1));
  Real scale2 = 1.0 / sqrt(hyper(Hyper::bias2));
  Real beta1 = hyper(Hyper::beta1), beta2 = hyper(Hyper::beta2);
  Real rest1 = 1.0 - beta1, rest2 = 1.0 - beta2;

  TaskBlocks blocks = blocksOfElements(problem.count, 7 * bytesOf(f32));
  forEachStrip(
      kernel, kernel.taskSpan(blocks), target, [&](const Strip &strip) {
        Real gradient = strip.load(g) * coefficient;
        Real m1 = mulAdd(rest1, gradient, beta1 * strip.load(m));
        Real v1 = mulAdd(rest2 * gradient, gradient, beta2 * strip.load(v));
        Real denominator = mulAdd(sqrt(v1), scale2, eps);
        Real p1 = mulAdd(step, m1 / denominator, kept * strip.load(p));
        strip.store(m1, m);
        strip.store(v1, v);
        strip.store(p1, p);
      });
  return kernel.finish(blocks.tasks());
}

} // namespace flm::cpu
