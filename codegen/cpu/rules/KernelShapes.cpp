//===----------------------------------------------------------------------===//
// Shapes of kernels, and how they are written in the kernels' symbols.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/rules/KernelShapes.h"

#include "codegen/buffers/StateTables.h"
#include "dialects/flm/TypeSyntax.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

Matrix::Matrix(Value value) {
  NamedTensorType type = typeOf(value);
  if (type.getDims().empty())
    return;
  columns = type.getDims().back().size();
  rows = type.numElements() / columns;
}

std::string flm::cpu::sizes(ArrayRef<int64_t> values) {
  std::string text;
  for (int64_t value : values)
    text += (text.empty() ? "" : "x") + std::to_string(value);
  return text;
}

std::string flm::cpu::constant(double value) { return shortFloat(value); }

FailureOr<BufferAttr> flm::cpu::rankOn(Operation *op, StringAttr axis) {
  if (BufferAttr rank = coordinateOf(op, axis))
    return rank;
  return op->emitOpError() << "needs this rank's index on " << axis
                           << ", which the mesh does not have";
}
