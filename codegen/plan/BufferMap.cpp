//===----------------------------------------------------------------------===//
// Reads the buffers that the plan has written.
//===----------------------------------------------------------------------===//
#include "codegen/plan/BufferMap.h"

using namespace mlir;
using namespace flm;

unsigned flm::loopDepth(Operation *op) {
  unsigned depth = 0;
  for (Operation *parent = op->getParentOp(); isa<LoopOp>(parent);
       parent = parent->getParentOp())
    ++depth;
  return depth;
}

BufferAttr flm::bufferAt(Operation *op, unsigned index) {
  auto buffers = op->getAttrOfType<ArrayAttr>(kBuffers);
  if (!buffers || index >= buffers.size())
    return {};
  return cast<BufferAttr>(buffers[index]);
}

/// One slot of `stack` in `loop`.
static BufferAttr slotOf(LoopOp loop, BufferAttr stack, int64_t sliceBytes) {
  SmallVector<int64_t> strides(stack.getStrides());
  strides.resize(loopDepth(loop) + 1, 0);
  strides.back() = sliceBytes;
  return BufferAttr::get(stack.getContext(), stack.getArena(), stack.getIndex(),
                         stack.getOffset(), sliceBytes, strides);
}

BufferAttr flm::slotBuffer(LoopOp loop, unsigned stack) {
  return slotOf(loop, bufferOf(loop.getStacks()[stack]),
                typeOf(loop.yield().getStacks()[stack]).bytes());
}

BufferAttr flm::bufferOf(Value value) {
  if (auto result = dyn_cast<OpResult>(value))
    return bufferAt(result.getOwner(), result.getResultNumber());
  auto argument = cast<BlockArgument>(value);
  auto loop = dyn_cast<LoopOp>(argument.getOwner()->getParentOp());
  if (!loop)
    return BufferAttr::get(value.getContext(), Arena::Argument,
                           argument.getArgNumber(), 0, typeOf(value).bytes(),
                           {});
  if (Value stack = loop.stackOf(argument))
    return slotOf(loop, bufferOf(stack), typeOf(value).bytes());
  return bufferOf(loop.getFinals()[argument.getArgNumber()]);
}
