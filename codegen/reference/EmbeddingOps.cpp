//===----------------------------------------------------------------------===//
// Rows of a table.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"

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
