//===----------------------------------------------------------------------===//
// What collectives compute, as functions of all operands.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Collectives.h"

#include "llvm/ADT/Sequence.h"

#include <numeric>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

static double foldRange(llvm::function_ref<double(int64_t)> term, int64_t begin,
                        int64_t count, Type elementType,
                        const Environment &env) {
  if (count == 1)
    return term(begin);
  int64_t head = 1;
  while (head * 2 < count)
    head *= 2;
  return env.rounded(
      elementType,
      foldRange(term, begin, head, elementType, env) +
          foldRange(term, begin + head, count - head, elementType, env));
}

double reference::foldTree(llvm::function_ref<double(int64_t)> term,
                           int64_t count, Type elementType,
                           const Environment &env) {
  return foldRange(term, 0, count, elementType, env);
}

static int64_t product(ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1),
                         std::multiplies<>());
}

Tensor reference::partOf(const Tensor &whole, int64_t dim, int64_t parts,
                         int64_t index) {
  SmallVector<int64_t> shape = whole.shape;
  shape[dim] /= parts;
  Tensor part(shape);
  // A block is what lies together.
  int64_t block = product(ArrayRef(shape).drop_front(dim));
  for (int64_t outer = 0; outer * block < part.size(); ++outer)
    std::copy_n(whole.data.begin() + (outer * parts + index) * block, block,
                part.data.begin() + outer * block);
  return part;
}

Tensor reference::joined(ArrayRef<Tensor> parts, int64_t dim) {
  auto count = static_cast<int64_t>(parts.size());
  SmallVector<int64_t> shape = parts.front().shape;
  int64_t block = product(ArrayRef(shape).drop_front(dim));
  shape[dim] *= count;
  Tensor whole(shape);
  for (int64_t index : llvm::seq(count))
    for (int64_t outer = 0; outer * block < parts[index].size(); ++outer)
      std::copy_n(parts[index].data.begin() + outer * block, block,
                  whole.data.begin() + (outer * count + index) * block);
  return whole;
}

Tensor reference::flatPartOf(const Tensor &whole, int64_t size, int64_t index) {
  Tensor part({size});
  for (int64_t i = 0; i < size && index * size + i < whole.size(); ++i)
    part.data[i] = whole.data[index * size + i];
  return part;
}

Tensor reference::joinedFlat(ArrayRef<Tensor> parts, ArrayRef<int64_t> shape) {
  Tensor whole(shape);
  int64_t size = parts.front().size();
  for (int64_t i : llvm::seq(whole.size()))
    whole.data[i] = parts[i / size].data[i % size];
  return whole;
}

static Tensor reduced(CollectiveOp op, ArrayRef<Tensor> operands,
                      const Environment &env) {
  Tensor result(operands.front().shape);
  Type elementType = typeOf(op.getX()).getElementType();
  bool byMax = op.getReduction() == "max";
  for (int64_t i : llvm::seq(result.size())) {
    if (byMax) {
      result.data[i] = operands.front().data[i];
      for (const Tensor &operand : operands.drop_front())
        result.data[i] = std::max(result.data[i], operand.data[i]);
      continue;
    }
    result.data[i] =
        foldTree([&](int64_t rank) { return operands[rank].data[i]; },
                 static_cast<int64_t>(operands.size()), elementType, env);
  }
  return result;
}

Tensor reference::combined(CollectiveOp op, ArrayRef<Tensor> operands,
                           int64_t index, const Environment &env) {
  auto ranks = static_cast<int64_t>(operands.size());
  switch (op.getKind()) {
  case Collective::AllReduce:
    return reduced(op, operands, env);
  case Collective::ReduceScatter: {
    Tensor sum = reduced(op, operands, env);
    return op.getFlat() ? flatPartOf(sum, *op.getFlat(), index)
                        : partOf(sum, *op.getDim(), ranks, index);
  }
  case Collective::AllGather:
    return op.getFlat() ? joinedFlat(operands, typeOf(op.getY()).shape())
                        : joined(operands, *op.getDim());
  case Collective::AllToAll: {
    std::vector<Tensor> mine;
    for (const Tensor &operand : operands)
      mine.push_back(partOf(operand, *op.getTo(), ranks, index));
    return joined(mine, *op.getDim());
  }
  default:
    llvm_unreachable("the others need no operand of another rank");
  }
}
