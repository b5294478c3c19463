//===----------------------------------------------------------------------===//
// Cross-entropy and its primitives.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"

#include <cmath>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

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

LogicalResult reference::evaluate(ReduceMaxOp op, Environment &env) {
  const Tensor &logits = env[op.getLogits()];
  FailureOr<int64_t> classes = classCount(op, op.getLogits(), op.getValid());
  if (failed(classes))
    return failure();
  Tensor y = zerosFor(op.getY());
  for (int64_t t = 0; t < logits.rows(); ++t)
    y.data[t] = *std::max_element(logits.row(t), logits.row(t) + *classes);
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(SumExpOp op, Environment &env) {
  const Tensor &logits = env[op.getLogits()], &max = env[op.getMax()];
  FailureOr<int64_t> classes = classCount(op, op.getLogits(), op.getValid());
  if (failed(classes) ||
      failed(expectShape(op, op.getY(), max.shape, "the result")))
    return failure();
  Tensor y = zerosFor(op.getY());
  for (int64_t t = 0; t < logits.rows(); ++t)
    for (int64_t c = 0; c < *classes; ++c)
      y.data[t] += std::exp(logits.row(t)[c] - max.data[t]);
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(PickOp op, Environment &env) {
  const Tensor &logits = env[op.getLogits()], &targets = env[op.getTargets()];
  if (failed(expectIndices(op, targets, logits.width(), "target", env)))
    return failure();
  Tensor y = zerosFor(op.getY());
  for (int64_t t = 0; t < logits.rows(); ++t)
    if (targets.data[t] >= 0)
      y.data[t] = logits.row(t)[static_cast<int64_t>(targets.data[t])];
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(NllOp op, Environment &env) {
  const Tensor &sumExp = env[op.getSumExp()], &max = env[op.getMax()],
               &picked = env[op.getPicked()];
  Tensor y = zerosFor(op.getY());
  for (int64_t t = 0; t < y.size(); ++t)
    y.data[t] = std::log(sumExp.data[t]) + max.data[t] - picked.data[t];
  env.set(op.getY(), std::move(y));
  return success();
}

void reference::sumInOrder(Value x, Value y, Environment &env) {
  double total = 0;
  Type elementType = typeOf(y).getElementType();
  for (double element : env[x].data)
    total = env.rounded(elementType, total + element);
  env.set(y, Tensor({}, total));
}

LogicalResult reference::evaluate(SumOp op, Environment &env) {
  sumInOrder(op.getX(), op.getY(), env);
  return success();
}

LogicalResult reference::evaluate(CrossEntropyGradOp op, Environment &env) {
  const Tensor &logits = env[op.getLogits()], &max = env[op.getMax()],
               &sumExp = env[op.getSumExp()], &targets = env[op.getTargets()],
               &seed = env[op.getSeed()];
  ArrayRef<int64_t> rows = ArrayRef<int64_t>(logits.shape).drop_back();
  FailureOr<int64_t> classes = classCount(op, op.getLogits(), op.getValid());
  if (failed(classes) || failed(expectShape(op, op.getMax(), rows, "max")) ||
      failed(expectShape(op, op.getTargets(), rows, "targets")) ||
      failed(expectShape(op, op.getSeed(), {}, "seed")) ||
      failed(expectIndices(op, targets, *classes, "target", env)))
    return failure();
  Tensor dlogits = zerosFor(op.getDlogits());
  for (int64_t t = 0; t < logits.rows(); ++t) {
    double *row = dlogits.row(t);
    for (int64_t c = 0; c < *classes; ++c)
      row[c] = std::exp(logits.row(t)[c] - max.data[t]) / sumExp.data[t];
    if (targets.data[t] >= 0)
      row[static_cast<int64_t>(targets.data[t])] -= 1;
    for (int64_t c = 0; c < *classes; ++c)
      row[c] *= seed.data[0];
  }
  env.set(op.getDlogits(), std::move(dlogits));
  return success();
}
