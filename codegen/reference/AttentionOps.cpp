//===----------------------------------------------------------------------===//
// Attention and rotary positions.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"
#include "dialects/flm/LocalForm.h"

#include <cmath>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

LogicalResult reference::evaluate(RopeOp op, Environment &env) {
  const Tensor &x = env[op.getX()];
  HeadLayout layout(typeOf(op.getX()));
  double theta = op.getTheta().convertToDouble();
  double direction = op.getInverse() ? -1 : 1;
  int64_t half = layout.headDim / 2;
  // A rank that has a part of the sequence begins further on.
  int64_t begin = 0;
  if (auto axis = op->getAttrOfType<StringAttr>(kPositionsAxis))
    begin = env.indexOn(axis) * layout.positions;
  Tensor y = zerosFor(op.getY());
  for (int64_t s = 0; s < layout.positions; ++s)
    for (int64_t i = 0; i < half; ++i) {
      double angle = (begin + s) * std::pow(theta, -2.0 * i / layout.headDim);
      double cosine = std::cos(angle), sine = direction * std::sin(angle);
      for (int64_t b = 0; b < layout.batch; ++b)
        for (int64_t n = 0; n < layout.heads; ++n) {
          int64_t first = layout.at(b, s, n) + i, second = first + half;
          y.data[first] = x.data[first] * cosine - x.data[second] * sine;
          y.data[second] = x.data[second] * cosine + x.data[first] * sine;
        }
    }
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(AttentionOp op, Environment &env) {
  const Tensor &q = env[op.getQ()], &k = env[op.getK()], &v = env[op.getV()];
  HeadLayout layout(typeOf(op.getQ()));
  double scale = 1 / std::sqrt(static_cast<double>(layout.headDim));
  Tensor y = zerosFor(op.getY());
  Tensor lse = op.getLse() ? zerosFor(op.getLse()) : Tensor();
  std::vector<double> scores(layout.positions);
  for (int64_t b = 0; b < layout.batch; ++b)
    for (int64_t n = 0; n < layout.heads; ++n)
      for (int64_t s = 0; s < layout.positions; ++s) {
        const double *query = &q.data[layout.at(b, s, n)];
        int64_t visible = op.getCausal() ? s + 1 : layout.positions;
        double max = -HUGE_VAL;
        for (int64_t t = 0; t < visible; ++t) {
          const double *key = &k.data[layout.at(b, t, n)];
          double dot = 0;
          for (int64_t d = 0; d < layout.headDim; ++d)
            dot += query[d] * key[d];
          scores[t] = dot * scale;
          max = std::max(max, scores[t]);
        }
        double sum = 0;
        for (int64_t t = 0; t < visible; ++t)
          sum += std::exp(scores[t] - max);
        double *out = &y.data[layout.at(b, s, n)];
        for (int64_t t = 0; t < visible; ++t) {
          double p = std::exp(scores[t] - max) / sum;
          const double *value = &v.data[layout.at(b, t, n)];
          for (int64_t d = 0; d < layout.headDim; ++d)
            out[d] += p * value[d];
        }
        if (op.getLse())
          lse.data[layout.lseAt(b, n, s)] = max + std::log(sum);
      }
  env.set(op.getY(), std::move(y));
  if (op.getLse())
    env.set(op.getLse(), std::move(lse));
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
