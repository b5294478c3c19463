//===----------------------------------------------------------------------===//
// One step of the online softmax, and its end.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/Softmax.h"
#include "codegen/gpu/kernels/WarpgroupProduct.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <cmath>

using namespace mlir;
using namespace flm::gpu;

static constexpr double log2OfE = 1.4426950408889634;

Softmax::Softmax(DeviceBuilder &d, double scale)
    : d(d), scaleLog2(scale * log2OfE) {}

/// A function of the special function unit: an approximation of f32, with
/// denormals as zeros.
static Value approximate(DeviceBuilder &d, StringRef function, Value x) {
  return LLVM::CallIntrinsicOp::create(
             d, d.getF32Type(),
             d.getStringAttr("llvm.nvvm." + function + ".approx.ftz.f"),
             ValueRange{x})
      .getResult(0);
}

Value Softmax::exp2(Value x) { return approximate(d, "ex2", x); }

Value Softmax::fma(Value a, Value b, Value c) {
  return LLVM::FMAOp::create(d, a, b, c);
}

Value Softmax::reduce(SmallVector<Value> values, Combine combine) {
  while (values.size() > 1) {
    for (size_t i = 0; i < values.size() / 2; ++i)
      values[i] = combine(values[2 * i], values[2 * i + 1]);
    values.truncate(values.size() / 2);
  }
  return values.front();
}

Value Softmax::reduceQuad(Value value, Combine combine) {
  for (int64_t distance : {1, 2}) {
    Value other = NVVM::ShflOp::create(
        d, d.getF32Type(), d.constant(-1).value(), value,
        d.constant(distance).value(), d.constant(31).value(),
        NVVM::ShflKind::bfly, UnitAttr());
    value = combine(value, other);
  }
  return value;
}

Softmax::Step Softmax::run(ValueRange scores, const SoftmaxState *before) {
  auto maximum = [&](Value a, Value b) -> Value {
    return arith::MaxNumFOp::create(d, a, b);
  };
  auto add = [&](Value a, Value b) -> Value {
    return arith::AddFOp::create(d, a, b);
  };
  Value scale = d.f32(scaleLog2);
  Step step;
  SmallVector<Value> exponentials(scores.size());
  for (unsigned h : {0u, 1u}) {
    SmallVector<unsigned> elements;
    SmallVector<Value> values;
    for (unsigned i = 0; i < scores.size(); ++i)
      if (i / 2 % 2 == h) {
        elements.push_back(i);
        values.push_back(scores[i]);
      }
    Value rowMaximum = reduceQuad(reduce(values, maximum), maximum);
    if (before)
      rowMaximum = maximum(before->maximum[h], rowMaximum);
    // exp2(score * scale - maximum * scale): one fma and one exp2 each.
    Value offset = arith::NegFOp::create(
        d, arith::MulFOp::create(d, rowMaximum, scale).getResult());
    for (auto [value, i] : llvm::zip(values, elements)) {
      value = exp2(fma(value, scale, offset));
      exponentials[i] = value;
    }
    Value sum = reduce(values, add);
    if (before) {
      step.rescale[h] = exp2(fma(before->maximum[h], scale, offset));
      sum = fma(before->sum[h], step.rescale[h], sum);
    }
    step.state.maximum[h] = rowMaximum;
    step.state.sum[h] = sum;
  }
  step.weights = packFragment(d, exponentials);
  return step;
}

Value Softmax::weight(Value score, Value lse2) {
  return exp2(fma(score, d.f32(scaleLog2), arith::NegFOp::create(d, lse2)));
}

SmallVector<Value> Softmax::scaleRows(ValueRange fragment,
                                      std::array<Value, 2> factors) {
  SmallVector<Value> result;
  for (auto [i, value] : llvm::enumerate(fragment))
    result.push_back(
        arith::MulFOp::create(d, value, factors[i / 2 % 2]).getResult());
  return result;
}

Softmax::Result Softmax::finish(const SoftmaxState &state) {
  Result result;
  for (unsigned h : {0u, 1u}) {
    Value sum = reduceQuad(state.sum[h], [&](Value a, Value b) -> Value {
      return arith::AddFOp::create(d, a, b);
    });
    result.inverse[h] = approximate(d, "rcp", sum);
    // ln(sum) + scale * maximum, from logarithms to base 2.
    Value log2 =
        fma(state.maximum[h], d.f32(scaleLog2), approximate(d, "lg2", sum));
    result.logSumExp[h] = arith::MulFOp::create(d, log2, d.f32(1 / log2OfE));
  }
  return result;
}
