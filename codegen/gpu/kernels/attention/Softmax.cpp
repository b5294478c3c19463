//===----------------------------------------------------------------------===//
// One step of the online softmax, and its end.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/Softmax.h"
#include "codegen/gpu/kernels/device/F32.h"
#include "codegen/gpu/kernels/device/LaneReduction.h"
#include "codegen/gpu/kernels/device/WarpgroupProduct.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace flm::gpu;

/// Lanes that hold a row.
static constexpr int64_t quad = 4;

Softmax::Softmax(DeviceBuilder &d, double scale)
    : d(d), scaleLog2(scale * log2OfE) {}

Value Softmax::reduce(SmallVector<Value> values, Combine combine) {
  while (values.size() > 1) {
    size_t pairs = values.size() / 2;
    for (size_t i = 0; i < pairs; ++i)
      values[i] = combine(values[2 * i], values[2 * i + 1]);
    // An odd one waits for the next round.
    if (values.size() % 2)
      values[pairs++] = values.back();
    values.truncate(pairs);
  }
  return values.front();
}

Softmax::Step Softmax::run(ValueRange scores, const SoftmaxState *before) {
  auto maximum = [&](Value a, Value b) -> Value {
    return arith::MaxNumFOp::create(d, a, b);
  };
  auto add = [&](Value a, Value b) -> Value {
    return arith::AddFOp::create(d, a, b);
  };
  F32 scale(d, d.f32(scaleLog2));
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
    Value rowMaximum = reduceLanes(d, reduce(values, maximum), quad, maximum);
    if (before)
      rowMaximum = maximum(before->maximum[h], rowMaximum);
    // exp2(score * scale - maximum * scale): one fma and one exp2 each.
    F32 offset = -(F32(d, rowMaximum) * scale);
    for (auto [value, i] : llvm::zip(values, elements)) {
      value = exp2(fma(F32(d, value), scale, offset)).value();
      exponentials[i] = value;
    }
    Value sum = reduce(values, add);
    if (before) {
      F32 rescale = exp2(fma(F32(d, before->maximum[h]), scale, offset));
      step.rescale[h] = rescale.value();
      sum = fma(F32(d, before->sum[h]), rescale, F32(d, sum)).value();
    }
    step.state.maximum[h] = rowMaximum;
    step.state.sum[h] = sum;
  }
  step.weights = packFragment(d, exponentials);
  return step;
}

Value Softmax::weight(Value score, Value lse2) {
  F32 scale(d, d.f32(scaleLog2));
  return exp2(fma(F32(d, score), scale, -F32(d, lse2))).value();
}

Value Softmax::scoreGradient(Value weight, Value weightGradient, Value delta) {
  return (F32(d, weight) * (F32(d, weightGradient) - F32(d, delta))).value();
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
    F32 total(d, sumOverLanes(d, state.sum[h], quad));
    result.inverse[h] = reciprocal(total).value();
    // ln(sum) + scale * maximum, from logarithms to base 2.
    F32 scale = total.number(scaleLog2);
    F32 lse2 = fma(F32(d, state.maximum[h]), scale, log2(total));
    result.logSumExp[h] = (lse2 * (1 / log2OfE)).value();
  }
  return result;
}
