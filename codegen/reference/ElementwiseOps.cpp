//===----------------------------------------------------------------------===//
// Elementwise ops.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"

#include <cmath>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

LogicalResult reference::evaluate(SiluMulOp op, Environment &env) {
  const Tensor &gate = env[op.getGate()], &up = env[op.getUp()];
  Tensor y = zerosFor(op.getY());
  for (int64_t i = 0; i < y.size(); ++i)
    y.data[i] = gate.data[i] / (1 + std::exp(-gate.data[i])) * up.data[i];
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(AddOp op, Environment &env) {
  Tensor y = env[op.getValues().front()];
  for (Value value : op.getValues().drop_front()) {
    const Tensor &term = env[value];
    for (int64_t i = 0; i < y.size(); ++i)
      y.data[i] += term.data[i];
  }
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(ScaleOp op, Environment &env) {
  Tensor y = env[op.getX()];
  double multiplier = op.multiplier();
  for (double &element : y.data)
    element *= multiplier;
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(SiluMulGradOp op, Environment &env) {
  const Tensor &dy = env[op.getDy()], &gate = env[op.getGate()],
               &up = env[op.getUp()];
  Tensor dgate = zerosFor(op.getDgate()), dup = zerosFor(op.getDup());
  for (int64_t i = 0; i < dy.size(); ++i) {
    double g = gate.data[i], s = 1 / (1 + std::exp(-g));
    dup.data[i] = dy.data[i] * g * s;
    dgate.data[i] = dy.data[i] * up.data[i] * s * (1 + g * (1 - s));
  }
  env.set(op.getDgate(), std::move(dgate));
  env.set(op.getDup(), std::move(dup));
  return success();
}

LogicalResult reference::evaluate(FillOp op, Environment &env) {
  env.set(op.getY(),
          Tensor(typeOf(op.getY()).shape(), op.getValue().convertToDouble()));
  return success();
}

LogicalResult reference::evaluate(CastOp op, Environment &env) {
  Tensor y = env[op.getX()];
  env.set(op.getY(), std::move(y));
  return success();
}
