//===----------------------------------------------------------------------===//
// Reads the buffers that the stage has written.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferMap.h"

using namespace mlir;
using namespace flm;

unsigned flm::loopDepth(Operation *op) {
  unsigned depth = 0;
  for (Operation *parent = op->getParentOp(); isa<LoopOp, PipelineOp>(parent);
       parent = parent->getParentOp())
    depth += isa<LoopOp>(parent) ? 1 : kPipelineIndices;
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

/// The part of `whole` that a pass of `pipeline` has at its index.
static BufferAttr partOf(PipelineOp pipeline, PipelineIndex index,
                         BufferAttr whole, int64_t partBytes) {
  SmallVector<int64_t> strides(whole.getStrides());
  strides.resize(loopDepth(pipeline) + index + 1, 0);
  strides.back() = partBytes;
  return BufferAttr::get(whole.getContext(), whole.getArena(), whole.getIndex(),
                         whole.getOffset(), partBytes, strides);
}

BufferAttr flm::savedBuffer(PipelineOp pipeline, unsigned saved) {
  return partOf(pipeline, kSlotIndex,
                bufferAt(pipeline, pipeline.getNumResults() + saved),
                typeOf(pipeline.saved()[saved]).bytes());
}

/// A body argument of a pipeline.
static BufferAttr bufferOf(PipelineOp pipeline, BlockArgument argument) {
  NamedTensorType type = typeOf(argument);
  unsigned index = argument.getArgNumber();
  if (argument.getOwner() == pipeline.backwardBody()) {
    if (index < pipeline.getInits().size()) {
      Value final = pipeline.getFinals()[index];
      BufferAttr whole = flm::bufferOf(final);
      return typeOf(final) == type
                 ? whole
                 : partOf(pipeline, kChunkIndex, whole, type.bytes());
    }
    index -= pipeline.getInits().size();
    if (index >= pipeline.getStacked().size())
      return savedBuffer(pipeline, index - pipeline.getStacked().size());
  }
  Value stack = pipeline.getStacked()[index];
  return partOf(pipeline,
                PipelineOp::isChunked(typeOf(stack), type) ? kChunkIndex
                                                           : kMicroIndex,
                flm::bufferOf(stack), type.bytes());
}

BufferAttr flm::slotBuffer(LoopOp loop, unsigned stack) {
  return slotOf(loop, bufferOf(loop.getStacks()[stack]),
                typeOf(loop.yield().getStacks()[stack]).bytes());
}

BufferAttr flm::bufferOf(Value value) {
  if (auto result = dyn_cast<OpResult>(value))
    return bufferAt(result.getOwner(), result.getResultNumber());
  auto argument = cast<BlockArgument>(value);
  Operation *parent = argument.getOwner()->getParentOp();
  if (auto pipeline = dyn_cast<PipelineOp>(parent))
    return ::bufferOf(pipeline, argument);
  auto loop = dyn_cast<LoopOp>(parent);
  if (!loop)
    return BufferAttr::get(value.getContext(), Arena::Argument,
                           argument.getArgNumber(), 0, typeOf(value).bytes(),
                           {});
  if (Value stack = loop.stackOf(argument))
    return slotOf(loop, bufferOf(stack), typeOf(value).bytes());
  return bufferOf(loop.getFinals()[argument.getArgNumber()]);
}
