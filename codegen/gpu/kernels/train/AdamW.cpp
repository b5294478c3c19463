//===----------------------------------------------------------------------===//
// AdamW: one pass over parameters, moments and gradients.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/elementwise/Pointwise.h"
#include "codegen/gpu/kernels/train/Optimizer.h"

using namespace mlir;
using namespace flm::gpu;

/// `x` times µP's factor, if there is one.
static F32 times(F32 x, FloatAttr factor) {
  return factor ? x * factor.getValueAsDouble() : x;
}

/// The update of a vector of parameters. `in`: p, m, v, g, coef, the values of
/// hyper. The order of operations is that of PyTorch's AdamW
/// (torch/optim/adamw.py, _single_tensor_adamw, not capturable) and of the
/// CPU's kernel (codegen/cpu/Optimizer.cpp): decay the parameter, then
///   denominator = sqrt(v) / sqrt(bias2) + eps
///   p += -(lr / bias1) * m / denominator
static SmallVector<F32> update(AdamWAttr adamw, ArrayRef<F32> in) {
  F32 p = in[0], m = in[1], v = in[2], g = in[3], coef = in[4];
  auto hyper = [&](Hyper which) { return in[5 + static_cast<int64_t>(which)]; };

  F32 lr = times(hyper(Hyper::lr), adamw.getLr());
  F32 decay = times(hyper(Hyper::weight_decay), adamw.getWd());
  F32 eps = times(hyper(Hyper::eps), adamw.getEps());
  F32 kept = 1.0 - lr * decay;
  F32 step = -(lr / hyper(Hyper::bias1));
  F32 scale2 = 1.0 / sqrt(hyper(Hyper::bias2));
  F32 beta1 = hyper(Hyper::beta1), beta2 = hyper(Hyper::beta2);
  F32 rest1 = 1.0 - beta1, rest2 = 1.0 - beta2;

  F32 gradient = g * coef;
  F32 m1 = fma(rest1, gradient, beta1 * m);
  F32 v1 = fma(rest2 * gradient, gradient, beta2 * v);
  F32 denominator = fma(sqrt(v1), scale2, eps);
  F32 p1 = fma(step, m1 / denominator, kept * p);
  SmallVector<F32> results = {p1, m1, v1};
  if (adamw.getWeight())
    results.push_back(p1); // rounded where it is stored
  return results;
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, AdamWAttr adamw) {
  Type f32 = d.getF32Type();
  PointwiseKernel kernel;
  kernel.inputs = {{"p", f32},
                   {"m", f32},
                   {"v", f32},
                   {"g", adamw.getGradient()},
                   {"coef", f32, Along::Numbers},
                   {"hyper", f32, Along::Numbers, abi::hyperCount}};
  kernel.outputs = {{"p", f32}, {"m", f32}, {"v", f32}};
  if (adamw.getWeight())
    kernel.outputs.push_back({"weight", adamw.getWeight()});
  kernel.apply = [adamw](ArrayRef<F32> in) { return update(adamw, in); };
  return buildPointwise(d, adamw.symbolName(), adamw, kernel);
}
