//===----------------------------------------------------------------------===//
// The pointwise kernels that have a name: operands and formulas.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/elementwise/Pointwise.h"

using namespace mlir;
using namespace flm::gpu;

using Values = ArrayRef<F32>;
using Results = SmallVector<F32>;

static PointwiseKernel cast(Type input, Type output) {
  return {{{"x", input}}, {{"y", output}}, [](Values in) -> Results {
            return {in[0]};
          }};
}

static PointwiseKernel add(Type input, Type output) {
  return {{{"x", input}, {"other", input}},
          {{"y", output}},
          [](Values in) -> Results { return {in[0] + in[1]}; }};
}

static PointwiseKernel scale(Type input, Type output, FloatAttr factor) {
  if (factor)
    return {{{"x", input}},
            {{"y", output}},
            [number = factor.getValueAsDouble()](Values in) -> Results {
              return {in[0] * number};
            }};
  Type f32 = Float32Type::get(input.getContext());
  return {{{"x", input}, {"factor", f32, Along::Numbers}},
          {{"y", output}},
          [](Values in) -> Results { return {in[0] * in[1]}; }};
}

/// gate and up, or both in one.
static SmallVector<PointwiseOperand> gateAndUp(StringRef prefix, Type type,
                                               bool interleaved) {
  if (interleaved)
    return {{(prefix + "gate_up").str(), type, Along::Pairs}};
  return {{(prefix + "gate").str(), type}, {(prefix + "up").str(), type}};
}

static PointwiseKernel siluMul(Type input, Type output, bool interleaved) {
  return {gateAndUp("", input, interleaved),
          {{"y", output}},
          [](Values in) -> Results {
            F32 gate = in[0], up = in[1];
            return {gate * sigmoid(gate) * up};
          }};
}

static PointwiseKernel siluMulGrad(Type input, Type output, bool interleaved) {
  PointwiseKernel kernel;
  kernel.inputs = {{"dy", input}};
  llvm::append_range(kernel.inputs, gateAndUp("", input, interleaved));
  kernel.outputs = gateAndUp("d", output, interleaved);
  kernel.apply = [](Values in) -> Results {
    F32 dy = in[0], gate = in[1], up = in[2];
    F32 s = sigmoid(gate);
    F32 slope = s * fma(gate, 1.0 - s, gate.number(1));
    return {dy * up * slope, dy * (gate * s)};
  };
  return kernel;
}

static PointwiseKernel normalize(Type input, Type output) {
  Type f32 = Float32Type::get(input.getContext());
  return {{{"x", input},
           {"inverse_rms", f32, Along::Rows},
           {"gain", input, Along::Columns}},
          {{"y", output}},
          [](Values in) -> Results { return {in[0] * in[1] * in[2]}; }};
}

PointwiseKernel flm::gpu::namedKernel(PointwiseAttr pointwise) {
  Type input = pointwise.getInput(), output = pointwise.getOutput();
  bool interleaved = pointwise.getInterleaved();
  switch (pointwise.getFunction()) {
  case PointwiseFunction::Cast:
    return ::cast(input, output);
  case PointwiseFunction::Add:
    return add(input, output);
  case PointwiseFunction::Scale:
    return scale(input, output, pointwise.getFactor());
  case PointwiseFunction::SiluMul:
    return siluMul(input, output, interleaved);
  case PointwiseFunction::SiluMulGrad:
    return siluMulGrad(input, output, interleaved);
  case PointwiseFunction::Normalize:
    return normalize(input, output);
  }
  llvm_unreachable("every function has a kernel");
}
