//===----------------------------------------------------------------------===//
// The buffers of a pipeline: carries, slices, and the slots of what is saved.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferAssignment.h"
#include "codegen/buffers/BufferMap.h"

#include "dialects/flm/Pipeline.h"

#include <numeric>

using namespace mlir;
using namespace flm;

static int64_t bytesOf(Value value) { return typeOf(value).bytes(); }

void BufferAssignment::assignPipelineCarries(PipelineOp pipeline,
                                             unsigned depth) {
  for (auto [init, argument, final] : llvm::zip(
           pipeline.getInits(), pipeline.carries(), pipeline.getFinals())) {
    Place place = carryPlace(pipeline, init, final);
    places[final] = place;
    places[argument] =
        typeOf(argument) == typeOf(final)
            ? place
            : slotOf(place, depth + kChunkIndex, bytesOf(argument));
  }
}

/// A forward pass and the backward passes of other micro-batches take turns:
/// what one makes for itself is free for the other, what is saved has a slot
/// for each micro-batch under way.
void BufferAssignment::assignPipeline(PipelineOp pipeline, unsigned depth) {
  assignPipelineCarries(pipeline, depth);
  for (auto [stack, forward, backward] :
       llvm::zip(pipeline.getStacked(), pipeline.forwardSlices(),
                 pipeline.backwardSlices())) {
    bool chunked = PipelineOp::isChunked(typeOf(stack), typeOf(forward));
    places[forward] = places[backward] =
        slotOf(places[stack], depth + (chunked ? kChunkIndex : kMicroIndex),
               bytesOf(forward));
  }
  int64_t slots = std::accumulate(pipeline.getSlots().begin(),
                                  pipeline.getSlots().end(), int64_t(0));
  for (auto [value, argument] :
       llvm::zip(pipeline.forwardYield().getStacks(), pipeline.saved())) {
    Place all = newStorage(argument, slots * bytesOf(argument),
                           live.begin(pipeline), live.end(pipeline));
    saved[pipeline].push_back(all);
    Place slot = slotOf(all, depth + kSlotIndex, bytesOf(argument));
    places[argument] = slot;
    if (isa<OpResult>(value) &&
        value.getParentBlock() == pipeline.forwardBody())
      wanted.try_emplace(value, slot);
  }
  for (auto [carry, next] :
       llvm::zip(pipeline.carries(), pipeline.backwardYield().getCarries()))
    wantCarry(carry, next);
  assignBlock(*pipeline.forwardBody(), depth + kPipelineIndices);
  assignBlock(*pipeline.backwardBody(), depth + kPipelineIndices);
}
