//===----------------------------------------------------------------------===//
// Normalisation of rows.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"

#include <cmath>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

LogicalResult reference::evaluate(RmsNormOp op, Environment &env) {
  const Tensor &x = env[op.getX()], &g = env[op.getG()];
  double eps = op.getEps().convertToDouble();
  Tensor y = zerosFor(op.getY());
  for (int64_t t = 0; t < x.rows(); ++t) {
    double squares = 0;
    for (int64_t i = 0; i < x.width(); ++i)
      squares += x.row(t)[i] * x.row(t)[i];
    double r = 1 / std::sqrt(squares / x.width() + eps);
    for (int64_t i = 0; i < x.width(); ++i)
      y.row(t)[i] = x.row(t)[i] * r * g.data[i];
  }
  env.set(op.getY(), std::move(y));
  return success();
}

/// rsqrt(mean(x^2) + eps) of one row.
static double inverseRms(const double *x, int64_t width, double eps) {
  double squares = 0;
  for (int64_t i = 0; i < width; ++i)
    squares += x[i] * x[i];
  return 1 / std::sqrt(squares / width + eps);
}

LogicalResult reference::evaluate(RmsNormGradXOp op, Environment &env) {
  const Tensor &dy = env[op.getDy()], &x = env[op.getX()], &g = env[op.getG()];
  if (failed(expectShape(op, op.getG(), {x.width()}, "the gain")))
    return failure();
  int64_t width = x.width();
  Tensor dx = zerosFor(op.getDx());
  for (int64_t t = 0; t < x.rows(); ++t) {
    const double *dyRow = dy.row(t), *xRow = x.row(t);
    double r = inverseRms(xRow, width, op.getEps().convertToDouble());
    double mean = 0;
    for (int64_t i = 0; i < width; ++i)
      mean += g.data[i] * dyRow[i] * xRow[i];
    mean /= width;
    for (int64_t i = 0; i < width; ++i)
      dx.row(t)[i] = r * (g.data[i] * dyRow[i] - xRow[i] * r * r * mean);
  }
  env.set(op.getDx(), std::move(dx));
  return success();
}

LogicalResult reference::evaluate(RmsNormGradGOp op, Environment &env) {
  const Tensor &dy = env[op.getDy()], &x = env[op.getX()];
  Tensor dg = zerosFor(op.getDg());
  for (int64_t t = 0; t < x.rows(); ++t) {
    double r = inverseRms(x.row(t), x.width(), op.getEps().convertToDouble());
    for (int64_t i = 0; i < x.width(); ++i)
      dg.data[i] += dy.row(t)[i] * x.row(t)[i] * r;
  }
  env.set(op.getDg(), std::move(dg));
  return success();
}
