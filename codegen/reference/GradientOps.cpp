//===----------------------------------------------------------------------===//
// The gradients, each from its own formula.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"

#include <cmath>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

/// What a gradient is added to: `into`, or zeros in the shape of the result.
static Tensor accumulator(Value into, Value result, Environment &env) {
  return into ? env[into] : zerosFor(result);
}

LogicalResult reference::evaluate(EmbeddingGradOp op, Environment &env) {
  const Tensor &dy = env[op.getDy()], &tokens = env[op.getTokens()];
  Tensor dtable = accumulator(op.getInto(), op.getDtable(), env);
  if (failed(expectIndices(op, tokens, dtable.rows(), "token", env)))
    return failure();
  for (int64_t t = 0; t < tokens.size(); ++t) {
    if (tokens.data[t] < 0)
      continue;
    double *row = dtable.row(static_cast<int64_t>(tokens.data[t]));
    for (int64_t i = 0; i < dy.width(); ++i)
      row[i] += dy.row(t)[i];
  }
  env.set(op.getDtable(), std::move(dtable));
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

static double dot(const double *a, const double *b, int64_t size) {
  double sum = 0;
  for (int64_t i = 0; i < size; ++i)
    sum += a[i] * b[i];
  return sum;
}

LogicalResult reference::evaluate(AttentionGradOp op, Environment &env) {
  const Tensor &dy = env[op.getDy()], &q = env[op.getQ()], &k = env[op.getK()],
               &v = env[op.getV()], &y = env[op.getY()],
               &lse = env[op.getLse()];
  if (failed(expectShape(op, op.getK(), q.shape, "k")) ||
      failed(expectShape(op, op.getLse(),
                         AttentionOp::lseType(typeOf(op.getQ())).shape(),
                         "lse")))
    return failure();
  HeadLayout layout(typeOf(op.getQ()));
  int64_t width = layout.headDim;
  double scale = 1 / std::sqrt(static_cast<double>(width));
  Tensor dq = zerosFor(op.getDq()), dk = zerosFor(op.getDk()),
         dv = zerosFor(op.getDv());
  for (int64_t b = 0; b < layout.batch; ++b)
    for (int64_t n = 0; n < layout.heads; ++n)
      for (int64_t s = 0; s < layout.positions; ++s) {
        int64_t query = layout.at(b, s, n);
        double d = dot(&dy.data[query], &y.data[query], width);
        int64_t visible = op.getCausal() ? s + 1 : layout.positions;
        for (int64_t t = 0; t < visible; ++t) {
          int64_t key = layout.at(b, t, n);
          double p = std::exp(dot(&q.data[query], &k.data[key], width) * scale -
                              lse.data[layout.lseAt(b, n, s)]);
          double ds = p * (dot(&dy.data[query], &v.data[key], width) - d);
          for (int64_t i = 0; i < width; ++i) {
            dv.data[key + i] += p * dy.data[query + i];
            dq.data[query + i] += ds * k.data[key + i] * scale;
            dk.data[key + i] += ds * q.data[query + i] * scale;
          }
        }
      }
  env.set(op.getDq(), std::move(dq));
  env.set(op.getDk(), std::move(dk));
  env.set(op.getDv(), std::move(dv));
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
