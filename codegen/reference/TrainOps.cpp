//===----------------------------------------------------------------------===//
// State, parameters and the optimizer.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Collectives.h"
#include "dialects/flm/DimNames.h"

#include <cmath>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

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

namespace {
/// The scalars of a step.
struct Hyper {
#define FLM_HYPER(name, doc) double name = 0;
#include "runtime/abi/Hyper.def"
};
} // namespace

static FailureOr<Hyper> readHyper(Operation *op, Value value,
                                  Environment &env) {
  int64_t count = 0;
#define FLM_HYPER(name, doc) ++count;
#include "runtime/abi/Hyper.def"
  if (failed(expectShape(op, value, {count}, "the vector of Hyper.def")))
    return failure();
  const double *next = env[value].data.data();
  Hyper hyper;
#define FLM_HYPER(name, doc) hyper.name = *next++;
#include "runtime/abi/Hyper.def"
  return hyper;
}

LogicalResult reference::evaluate(ClipOp op, Environment &env) {
  FailureOr<Hyper> hyper = readHyper(op, op.getHyper(), env);
  if (failed(hyper) ||
      failed(expectShape(op, op.getSumsq(), {}, "the sum of squares")))
    return failure();
  double norm = std::sqrt(env[op.getSumsq()].data[0]);
  double coef =
      hyper->clip == 0 ? 1 : std::min(1.0, hyper->clip / (norm + 1e-6));
  env.set(op.getNorm(), Tensor({}, norm));
  env.set(op.getCoef(), Tensor({}, coef));
  return success();
}

LogicalResult reference::evaluate(AdamWOp op, Environment &env) {
  FailureOr<Hyper> hyper = readHyper(op, op.getHyper(), env);
  if (failed(hyper) ||
      failed(expectShape(op, op.getCoef(), {}, "the clip factor")))
    return failure();
  double coef = env[op.getCoef()].data[0];
  double lr = hyper->lr * op.getLr().convertToDouble();
  double decay = lr * hyper->weight_decay * op.getWd().convertToDouble();
  double eps = hyper->eps * op.getEps().convertToDouble();
  Tensor p = env[op.getParam()], m = env[op.getM()], v = env[op.getV()];
  const Tensor &grad = env[op.getGrad()];
  for (int64_t i = 0; i < p.size(); ++i) {
    double g = coef * grad.data[i];
    m.data[i] = hyper->beta1 * m.data[i] + (1 - hyper->beta1) * g;
    v.data[i] = hyper->beta2 * v.data[i] + (1 - hyper->beta2) * g * g;
    p.data[i] = p.data[i] * (1 - decay) -
                lr * (m.data[i] / hyper->bias1) /
                    (std::sqrt(v.data[i] / hyper->bias2) + eps);
  }
  env.set(op.getParamNext(), std::move(p));
  env.set(op.getMNext(), std::move(m));
  env.set(op.getVNext(), std::move(v));
  return success();
}
