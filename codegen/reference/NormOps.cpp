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

namespace {
/// Of one row of layer_norm: mean(x) and rsqrt(var(x) + eps).
struct RowStatistics {
  double mean = 0, inverse = 0;

  RowStatistics(const double *x, int64_t width, double eps) {
    for (int64_t i = 0; i < width; ++i)
      mean += x[i] / width;
    double variance = 0;
    for (int64_t i = 0; i < width; ++i)
      variance += (x[i] - mean) * (x[i] - mean) / width;
    inverse = 1 / std::sqrt(variance + eps);
  }

  double normalized(double x) const { return (x - mean) * inverse; }
};
} // namespace

LogicalResult reference::evaluate(LayerNormOp op, Environment &env) {
  const Tensor &x = env[op.getX()], &g = env[op.getG()], &b = env[op.getB()];
  Tensor y = zerosFor(op.getY());
  for (int64_t t = 0; t < x.rows(); ++t) {
    RowStatistics row(x.row(t), x.width(), op.getEps().convertToDouble());
    for (int64_t i = 0; i < x.width(); ++i)
      y.row(t)[i] = row.normalized(x.row(t)[i]) * g.data[i] + b.data[i];
  }
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(LayerNormGradXOp op, Environment &env) {
  const Tensor &dy = env[op.getDy()], &x = env[op.getX()], &g = env[op.getG()];
  int64_t width = x.width();
  Tensor dx = zerosFor(op.getDx());
  for (int64_t t = 0; t < x.rows(); ++t) {
    const double *dyRow = dy.row(t), *xRow = x.row(t);
    RowStatistics row(xRow, width, op.getEps().convertToDouble());
    double mean = 0, slope = 0;
    for (int64_t i = 0; i < width; ++i) {
      mean += g.data[i] * dyRow[i] / width;
      slope += g.data[i] * dyRow[i] * row.normalized(xRow[i]) / width;
    }
    for (int64_t i = 0; i < width; ++i)
      dx.row(t)[i] = row.inverse * (g.data[i] * dyRow[i] - mean -
                                    row.normalized(xRow[i]) * slope);
  }
  env.set(op.getDx(), std::move(dx));
  return success();
}

LogicalResult reference::evaluate(LayerNormGradGOp op, Environment &env) {
  const Tensor &dy = env[op.getDy()], &x = env[op.getX()];
  Tensor dg = zerosFor(op.getDg());
  for (int64_t t = 0; t < x.rows(); ++t) {
    RowStatistics row(x.row(t), x.width(), op.getEps().convertToDouble());
    for (int64_t i = 0; i < x.width(); ++i)
      dg.data[i] += dy.row(t)[i] * row.normalized(x.row(t)[i]);
  }
  env.set(op.getDg(), std::move(dg));
  return success();
}

LogicalResult reference::evaluate(LayerNormGradBOp op, Environment &env) {
  const Tensor &dy = env[op.getDy()];
  Tensor db = zerosFor(op.getDb());
  for (int64_t t = 0; t < dy.rows(); ++t)
    for (int64_t i = 0; i < dy.width(); ++i)
      db.data[i] += dy.row(t)[i];
  env.set(op.getDb(), std::move(db));
  return success();
}
