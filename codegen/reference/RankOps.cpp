//===----------------------------------------------------------------------===//
// What depends on which rank it is.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Collectives.h"
#include "codegen/reference/Exchange.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

/// An error at `op` if the run has no ranks, or not as many as it wants.
static LogicalResult expectRanks(Operation *op, Environment &env) {
  if (!env.rank)
    return op->emitOpError("depends on the rank: the program must be run on "
                           "the ranks of a grid");
  auto collective = dyn_cast<CollectiveOp>(op);
  if (!collective)
    return success();
  int64_t ranks = env.rank->grid.ranksOn(collective.getAxis());
  if (static_cast<int64_t>(collective.getRanks()) == ranks)
    return success();
  return op->emitOpError() << "is over " << collective.getRanks()
                           << " ranks of '" << collective.getAxis()
                           << "', of which the grid has " << ranks;
}

/// Sets the result, which must have the shape of its type.
static LogicalResult setResult(CollectiveOp op, Tensor result,
                               Environment &env) {
  SmallVector<int64_t> shape = typeOf(op.getY()).shape();
  if (result.shape != shape)
    return op.emitOpError() << "gives the shape " << shapeText(result.shape)
                            << ", but its type says " << shapeText(shape);
  env.set(op.getY(), std::move(result));
  return success();
}

LogicalResult reference::evaluate(CollectiveOp op, Environment &env) {
  if (failed(expectRanks(op, env)))
    return failure();
  int64_t index = env.indexOn(op.getAxis());
  Exchange &exchange = env.rank->exchange;
  int64_t rank = env.rank->number;
  switch (op.getKind()) {
  case Collective::Slice:
    return setResult(
        op,
        op.getFlat()
            ? flatPartOf(env[op.getX()], *op.getFlat(), index)
            : partOf(env[op.getX()], *op.getDim(), op.getRanks(), index),
        env);
  case Collective::Mask:
    return setResult(op,
                     index == static_cast<int64_t>(op.getAt().value_or(0))
                         ? env[op.getX()]
                         : zerosFor(op.getX()),
                     env);
  case Collective::Send:
    exchange.send(rank, op, env[op.getX()]);
    return success();
  case Collective::Receive: {
    FailureOr<Tensor> message = exchange.receive(rank, op);
    if (failed(message))
      return failure();
    return setResult(op, std::move(*message), env);
  }
  default: {
    FailureOr<std::vector<Tensor>> operands =
        exchange.meet(rank, op, env[op.getX()]);
    if (failed(operands))
      return failure();
    return setResult(op, combined(op, *operands, index, env), env);
  }
  }
}

/// A collective that was started has met its ranks there already.
LogicalResult reference::evaluate(WaitOp op, Environment &env) {
  env.set(op.getY(), env[op.getPending()]);
  return success();
}

LogicalResult reference::evaluate(LocalTokensOp op, Environment &env) {
  if (failed(expectRanks(op, env)))
    return failure();
  Tensor y = env[op.getX()];
  auto size = static_cast<double>(op.getSize());
  for (double &token : y.data) {
    token -= static_cast<double>(env.indexOn(op.getAxis())) * size;
    if (token < 0 || token >= size)
      token = -1;
  }
  env.set(op.getY(), std::move(y));
  return success();
}

LogicalResult reference::evaluate(MaskPaddingOp op, Environment &env) {
  if (failed(expectRanks(op, env)))
    return failure();
  Tensor y = env[op.getX()];
  int64_t columns = y.width();
  for (int64_t i = 0; i < y.size(); ++i)
    if (env.indexOn(op.getAxis()) * columns + i % columns >=
        static_cast<int64_t>(op.getValid()))
      y.data[i] = -std::numeric_limits<double>::infinity();
  env.set(op.getY(), std::move(y));
  return success();
}
