//===----------------------------------------------------------------------===//
// The forward ops of a model.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"
#include "dialects/flm/LocalForm.h"

#include <cmath>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

LogicalResult reference::evaluate(EmbeddingOp op, Environment &env) {
  const Tensor &tokens = env[op.getTokens()], &table = env[op.getTable()];
  if (failed(expectIndices(op, tokens, table.rows(), "token", env)))
    return failure();
  Tensor y = zerosFor(op.getY());
  for (int64_t t = 0; t < tokens.size(); ++t) {
    if (tokens.data[t] < 0)
      continue;
    const double *row = table.row(static_cast<int64_t>(tokens.data[t]));
    std::copy(row, row + table.width(), y.row(t));
  }
  env.set(op.getY(), std::move(y));
  return success();
}

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

LogicalResult reference::evaluate(CrossEntropyOp op, Environment &env) {
  const Tensor &logits = env[op.getLogits()], &targets = env[op.getTargets()];
  FailureOr<int64_t> classes = classCount(op, op.getLogits(), op.getValid());
  if (failed(classes) ||
      failed(expectIndices(op, targets, *classes, "target", env)))
    return failure();
  double total = 0;
  for (int64_t t = 0; t < logits.rows(); ++t) {
    const double *row = logits.row(t);
    double max = *std::max_element(row, row + *classes);
    double sum = 0;
    for (int64_t c = 0; c < *classes; ++c)
      sum += std::exp(row[c] - max);
    total += max + std::log(sum) - row[static_cast<int64_t>(targets.data[t])];
  }
  env.set(op.getLoss(), Tensor({}, total / logits.rows()));
  return success();
}
