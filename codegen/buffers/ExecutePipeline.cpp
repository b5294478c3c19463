//===----------------------------------------------------------------------===//
// Running a program on its buffers: pipelines.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferExecution.h"
#include "dialects/flm/Limits.h"

#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace flm;

LogicalResult BufferExecution::runForward(PipelineOp pipeline,
                                          SmallVectorImpl<int> &kept) {
  YieldOp yield = pipeline.forwardYield();
  if (failed(runBlock(*pipeline.forwardBody())))
    return failure();
  kept.clear();
  for (auto [index, value] : llvm::enumerate(yield.getStacks())) {
    if (failed(check(yield, value, "saved value #" + Twine(index))))
      return failure();
    BufferAttr slot = savedBuffer(pipeline, index);
    if (failed(checkCopyOf(value, slot, yield)))
      return failure();
    if (slot == bufferOf(value)) {
      kept.push_back(held.lookup(value));
    } else {
      kept.push_back(newWriting(value));
      arena(slot).write(address(slot), slot.getBytes(), kept.back());
    }
    setNowhere(pipeline.saved()[index], isNowhere(value));
  }
  return success();
}

/// `carried` are the writings of the carries, or of the chunk's part of them.
LogicalResult BufferExecution::runBackward(PipelineOp pipeline,
                                           ArrayRef<int> kept,
                                           SmallVectorImpl<int> &carried) {
  for (auto [argument, writing] : llvm::zip(pipeline.saved(), kept))
    held[argument] = writing;
  for (auto [carry, writing] : llvm::zip(pipeline.carries(), carried))
    held[carry] = writing;
  if (failed(runBlock(*pipeline.backwardBody())))
    return failure();
  YieldOp yield = pipeline.backwardYield();
  for (auto [index, value] : llvm::enumerate(yield.getCarries())) {
    Value carry = pipeline.carries()[index];
    BufferAttr buffer = bufferOf(carry);
    if (Operation *def = value.getDefiningOp(); def && !runsAt(def, position))
      continue; // the carry stays as it is
    setNowhere(carry, isNowhere(value));
    if (failed(check(yield, value, "carried value #" + Twine(index))) ||
        failed(checkCopyOf(value, buffer, yield)))
      return failure();
    if (bufferOf(value) == buffer)
      carried[index] = held.lookup(value);
    else
      arena(buffer).write(address(buffer), buffer.getBytes(),
                          carried[index] = newWriting(value));
  }
  return success();
}

/// What a pass saves must fit into its buffer, once for each slot.
static LogicalResult checkSlots(PipelineOp pipeline) {
  std::optional<int64_t> slots = 0;
  for (int64_t more : pipeline.getSlots())
    if (slots)
      slots = llvm::checkedAdd(*slots, more);
  for (auto [index, value] : llvm::enumerate(pipeline.saved())) {
    BufferAttr buffer = bufferAt(pipeline, pipeline.getNumResults() + index);
    int64_t bytes = typeOf(value).bytes();
    if (!slots || !boundedProduct({*slots, bytes}, buffer.getBytes()))
      return pipeline.emitOpError()
             << "saves value #" << index << " of " << bytes
             << " bytes in each of its slots, its buffer has "
             << buffer.getBytes();
  }
  return success();
}

/// Runs the schedule of one stage, of at most so many micro-batches that all
/// that can be under way at one time is.
LogicalResult BufferExecution::runPipeline(PipelineOp pipeline) {
  for (OpResult result : pipeline->getResults())
    if (failed(checkSize(pipeline, result)))
      return failure();
  for (auto [index, stack] : llvm::enumerate(pipeline.getStacked()))
    if (failed(check(pipeline, stack, "slice #" + Twine(index))))
      return failure();
  if (failed(checkSlots(pipeline)))
    return failure();
  SmallVector<int> entered;
  for (auto [init, final] :
       llvm::zip(pipeline.getInits(), pipeline.getFinals())) {
    if (failed(enterCarry(pipeline, init, bufferOf(final), final)))
      return failure();
    entered.push_back(held.lookup(final));
  }
  PipelineSchedule schedule = scheduleOf(pipeline);
  schedule.microBatches = std::min(schedule.microBatches, 3 * schedule.stages);
  int64_t at = std::min(position.stage, schedule.stages - 1);
  SmallVector<int64_t> bases{0}; // of the chunks' slots
  for (int64_t slots : pipeline.getSlots())
    bases.push_back(bases.back() + slots);
  // Whole carries in `whole`, chunked ones by chunk.
  SmallVector<int> whole(entered);
  SmallVector<SmallVector<int>> chunked(schedule.chunks, entered);
  std::map<std::pair<int64_t, int64_t>, SmallVector<int>> kept;
  auto enter = [&](PipelineSchedule::Pass pass) {
    slots.append(
        {pass.micro, pass.chunk,
         bases[pass.chunk] + pass.micro % pipeline.getSlots()[pass.chunk]});
    for (auto slices : {pipeline.forwardSlices(), pipeline.backwardSlices()})
      enterSlices(pipeline.getStacked(), slices);
    position.chunk = pass.chunk;
    position.chunks = schedule.chunks;
  };
  StagePosition outer = position;
  auto leave = [&] {
    slots.truncate(slots.size() - kPipelineIndices);
    position = outer;
  };
  auto isChunked = [&](unsigned index) {
    return pipeline.getFinals()[index].getType() !=
           pipeline.carries()[index].getType();
  };
  for (int64_t tick = 0, w = schedule.warmup(at); tick < schedule.ticks(at);
       ++tick) {
    if (tick < schedule.passes()) {
      PipelineSchedule::Pass pass = schedule.forward(tick);
      enter(pass);
      if (failed(runForward(pipeline, kept[{pass.chunk, pass.micro}])))
        return failure();
      leave();
    }
    if (tick < w)
      continue;
    PipelineSchedule::Pass pass = schedule.backward(tick - w);
    enter(pass);
    SmallVector<int> carried;
    for (unsigned i = 0; i < whole.size(); ++i)
      carried.push_back(isChunked(i) ? chunked[pass.chunk][i] : whole[i]);
    if (failed(runBackward(pipeline, kept[{pass.chunk, pass.micro}], carried)))
      return failure();
    leave();
    for (unsigned i = 0; i < whole.size(); ++i)
      (isChunked(i) ? chunked[pass.chunk][i] : whole[i]) = carried[i];
  }
  for (auto [index, final] : llvm::enumerate(pipeline.getFinals())) {
    if (isChunked(index))
      fill(final, bufferOf(final)); // its parts were checked one by one
    else
      held[final] = whole[index];
  }
  return success();
}
