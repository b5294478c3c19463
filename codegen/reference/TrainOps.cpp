//===----------------------------------------------------------------------===//
// State, parameters and the optimizer.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Collectives.h"
#include "dialects/flm/DimNames.h"
#include "runtime/abi/Hyper.h"

#include <cmath>

using namespace mlir;
using namespace flm;
using namespace flm::reference;
using abi::Hyper;

/// Sets `result` to the state called `name`.
static LogicalResult readState(Operation *op, StringRef name, Value result,
                               Environment &env) {
  auto it = env.state.find(name);
  if (it == env.state.end()) {
    SmallVector<StringRef> known(env.state.keys());
    llvm::sort(known);
    return op->emitOpError()
           << "the state has no \"" << name << "\"" << suggestion(name, known);
  }
  SmallVector<int64_t> shape = typeOf(result).shape();
  if (it->second.shape != shape)
    return op->emitOpError()
           << "the state has \"" << name << "\" with shape "
           << shapeText(it->second.shape) << ", expected " << shapeText(shape);
  env.set(result, it->second);
  return success();
}

LogicalResult reference::evaluate(ParamOp op, Environment &env) {
  if (op->getParentOfType<LoopOp>())
    return op.emitOpError("stands for one parameter per iteration; the graph "
                          "stage must hoist it out of the loop before it runs");
  return readState(op, op.getName(), op.getValue(), env);
}

LogicalResult reference::evaluate(StateOp op, Environment &env) {
  return readState(op, op.getName(), op.getValue(), env);
}

LogicalResult reference::evaluate(UpdateOp op, Environment &env) {
  env.updates[op.getName()] = env[op.getValue()];
  return success();
}

LogicalResult reference::evaluate(TruncatedNormalOp op, Environment &env) {
  if (!env.options.truncatedNormal)
    return op.emitOpError(
        "needs a generator: set truncatedNormal in the options");
  Tensor value = zerosFor(op.getValue());
  for (int64_t i = 0; i < value.size(); ++i)
    value.data[i] = env.options.truncatedNormal(op.getKey(), i,
                                                op.getStd().convertToDouble());
  env.set(op.getValue(), std::move(value));
  return success();
}

LogicalResult reference::evaluate(SumSquaresOp op, Environment &env) {
  double total = 0;
  for (double element : env[op.getX()].data)
    total += element * element;
  env.set(op.getY(), Tensor({}, total));
  return success();
}

LogicalResult reference::evaluate(ChunkSumsOp op, Environment &env) {
  const Tensor &x = env[op.getX()];
  Tensor y = zerosFor(op.getY());
  Type elementType = typeOf(op.getY()).getElementType();
  for (int64_t i = 0; i < x.size(); ++i) {
    double &sum = y.data[i / op.getLength()];
    sum = env.rounded(elementType, sum + x.data[i] * x.data[i]);
  }
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(ChunkTotalOp op, Environment &env) {
  sumInOrder(op.getX(), op.getY(), env);
  return success();
}

LogicalResult reference::evaluate(FoldOp op, Environment &env) {
  const Tensor &x = env[op.getX()];
  Tensor y = zerosFor(op.getY());
  int64_t count = y.size();
  for (int64_t i = 0; i < count; ++i)
    y.data[i] =
        foldTree([&](int64_t t) { return x.data[t * count + i]; },
                 x.size() / count, typeOf(op.getY()).getElementType(), env);
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(MeanAbsOp op, Environment &env) {
  const Tensor &x = env[op.getX()];
  double total = 0;
  for (double element : x.data)
    total += std::fabs(element);
  env.set(op.getY(), Tensor({}, total / x.size()));
  return success();
}

/// The scalar at one position of the vector of a step.
static double at(const Tensor &hyper, Hyper which) {
  return hyper.data[static_cast<size_t>(which)];
}

static LogicalResult expectHyper(Operation *op, Value value) {
  return expectShape(op, value, {abi::hyperCount}, "the vector of Hyper.def");
}

LogicalResult reference::evaluate(ClipOp op, Environment &env) {
  if (failed(expectHyper(op, op.getHyper())) ||
      failed(expectShape(op, op.getSumsq(), {}, "the sum of squares")))
    return failure();
  double clip = at(env[op.getHyper()], Hyper::clip);
  double norm = std::sqrt(env[op.getSumsq()].data[0]);
  double coef = clip == 0 ? 1 : std::min(1.0, clip / (norm + 1e-6));
  env.set(op.getNorm(), Tensor({}, norm));
  env.set(op.getCoef(), Tensor({}, coef));
  return success();
}

LogicalResult reference::evaluate(AdamWOp op, Environment &env) {
  if (failed(expectHyper(op, op.getHyper())) ||
      failed(expectShape(op, op.getCoef(), {}, "the clip factor")))
    return failure();
  auto hyper = [&](Hyper which) { return at(env[op.getHyper()], which); };
  double coef = env[op.getCoef()].data[0];
  double lr = hyper(Hyper::lr) * op.getLr().convertToDouble();
  double decay = lr * hyper(Hyper::weight_decay) * op.getWd().convertToDouble();
  double eps = hyper(Hyper::eps) * op.getEps().convertToDouble();
  double beta1 = hyper(Hyper::beta1), beta2 = hyper(Hyper::beta2);
  double bias1 = hyper(Hyper::bias1), bias2 = hyper(Hyper::bias2);
  Tensor p = env[op.getParam()], m = env[op.getM()], v = env[op.getV()];
  const Tensor &grad = env[op.getGrad()];
  for (int64_t i = 0; i < p.size(); ++i) {
    double g = coef * grad.data[i];
    m.data[i] = beta1 * m.data[i] + (1 - beta1) * g;
    v.data[i] = beta2 * v.data[i] + (1 - beta2) * g * g;
    p.data[i] = p.data[i] * (1 - decay) -
                lr * (m.data[i] / bias1) / (std::sqrt(v.data[i] / bias2) + eps);
  }
  env.set(op.getParamNext(), std::move(p));
  env.set(op.getMNext(), std::move(m));
  env.set(op.getVNext(), std::move(v));
  return success();
}
