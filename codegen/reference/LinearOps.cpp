//===----------------------------------------------------------------------===//
// Products with a weight.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"

using namespace mlir;
using namespace flm;
using namespace flm::reference;

LogicalResult reference::evaluate(LinearOp op, Environment &env) {
  const Tensor &x = env[op.getX()], &w = env[op.getW()];
  Tensor y = zerosFor(op.getY());
  for (int64_t t = 0; t < x.rows(); ++t)
    for (int64_t o = 0; o < w.rows(); ++o) {
      double sum = 0;
      for (int64_t i = 0; i < w.width(); ++i)
        sum += x.row(t)[i] * w.row(o)[i];
      y.row(t)[o] = sum;
    }
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(LinearGradXOp op, Environment &env) {
  const Tensor &dy = env[op.getDy()], &w = env[op.getW()];
  Tensor dx = zerosFor(op.getDx());
  for (int64_t t = 0; t < dy.rows(); ++t)
    for (int64_t o = 0; o < w.rows(); ++o)
      for (int64_t i = 0; i < w.width(); ++i)
        dx.row(t)[i] += dy.row(t)[o] * w.row(o)[i];
  env.set(op.getDx(), std::move(dx));
  return success();
}

LogicalResult reference::evaluate(LinearGradWOp op, Environment &env) {
  const Tensor &dy = env[op.getDy()], &x = env[op.getX()];
  Tensor dw = accumulator(op.getInto(), op.getDw(), env);
  for (int64_t t = 0; t < dy.rows(); ++t)
    for (int64_t o = 0; o < dw.rows(); ++o)
      for (int64_t i = 0; i < dw.width(); ++i)
        dw.row(o)[i] += dy.row(t)[o] * x.row(t)[i];
  env.set(op.getDw(), std::move(dw));
  return success();
}
