//===----------------------------------------------------------------------===//
// Shapes of kernels, and how they are written in the kernels' symbols.
//===----------------------------------------------------------------------===//
#include "codegen/host/KernelShapes.h"

#include "dialects/flm/TypeSyntax.h"

using namespace mlir;
using namespace flm;

Matrix::Matrix(Value value) {
  NamedTensorType type = typeOf(value);
  columns = type.getDims().back().size();
  rows = type.numElements() / columns;
}

std::string flm::sizes(ArrayRef<int64_t> values) {
  std::string text;
  for (int64_t value : values)
    text += (text.empty() ? "" : "x") + std::to_string(value);
  return text;
}

std::string flm::constant(double value) { return shortFloat(value); }

cpu::AttentionProblem flm::attentionProblem(Value q, bool causal,
                                            mlir::Type elementType) {
  NamedTensorType query = typeOf(q);
  ArrayRef<DimAttr> dims = query.getDims();
  cpu::AttentionProblem problem;
  problem.seq = dims[dims.size() - 2].size();
  problem.heads = dims.back().getSizes().front();
  problem.headDim = dims.back().getSizes().back();
  problem.batch =
      query.numElements() / (problem.seq * problem.heads * problem.headDim);
  problem.causal = causal;
  problem.elementType = elementType;
  return problem;
}

std::string flm::describe(const cpu::AttentionProblem &problem) {
  return sizes({problem.batch, problem.seq, problem.heads, problem.headDim}) +
         (problem.causal ? "_causal" : "");
}
