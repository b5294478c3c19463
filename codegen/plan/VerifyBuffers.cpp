//===----------------------------------------------------------------------===//
// Proves that no value is overwritten while it is alive, by running the program
// on its buffers and remembering what lies where.
//===----------------------------------------------------------------------===//
#include "codegen/plan/ArenaContents.h"
#include "codegen/plan/BufferMap.h"
#include "codegen/plan/KernelBuffers.h"
#include "codegen/plan/Passes.h"

#include "dialects/flm/Pipeline.h"
#include "dialects/flm/ValueNames.h"

#include <map>
#include <numeric>

#define DEBUG_TYPE "flm-verify-buffers"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_VERIFYBUFFERS
#include "codegen/plan/Passes.h.inc"
} // namespace flm

namespace {

/// Runs one program, on one stage of its pipelines.
class Execution {
public:
  explicit Execution(ProgramOp program, int64_t stage)
      : program(program), stage(stage) {}

  LogicalResult run() {
    for (BlockArgument argument : program.body()->getArguments())
      fill(argument, bufferOf(argument));
    // All state is there on entry.
    program.walk([&](Operation *op) {
      if (isa<ParamOp, StateOp>(op))
        fill(op->getResult(0), bufferAt(op, 0));
    });
    return runBlock(*program.body());
  }

private:
  LogicalResult runBlock(Block &block);
  LogicalResult runOp(Operation *op);
  LogicalResult runLoop(LoopOp loop);
  LogicalResult runIteration(LoopOp loop, SmallVectorImpl<int> &slotWritings);
  LogicalResult runReturn(ReturnOp op);
  LogicalResult enterCarry(Operation *op, Value init, BufferAttr buffer,
                           Value held);
  LogicalResult runPipeline(PipelineOp pipeline);
  LogicalResult runForward(PipelineOp pipeline, SmallVectorImpl<int> &kept);
  LogicalResult runBackward(PipelineOp pipeline, ArrayRef<int> kept,
                            SmallVectorImpl<int> &carried);

  int64_t address(BufferAttr buffer) const {
    int64_t at = buffer.getOffset();
    for (auto [stride, slot] : llvm::zip(buffer.getStrides(), slots))
      at += stride * slot;
    return at;
  }

  /// Whether `value` can be copied to `to`, if it is not there already.
  LogicalResult checkCopyOf(Value value, BufferAttr to, Operation *op) {
    return checkCopy(op, bufferOf(value), to,
                     [&](BufferAttr buffer) { return address(buffer); });
  }

  ArenaContents &arena(BufferAttr buffer) {
    return arenas[{static_cast<int>(buffer.getArena()), buffer.getIndex()}];
  }

  int newWriting(Value value) {
    writers.push_back(value);
    return static_cast<int>(writers.size()) - 1;
  }

  /// `value` is written into `buffer`.
  void fill(Value value, BufferAttr buffer) {
    int writing = newWriting(value);
    arena(buffer).write(address(buffer), buffer.getBytes(), writing);
    held[value] = writing;
  }

  LogicalResult check(Operation *op, Value value, const Twine &what) {
    BufferAttr buffer = bufferOf(value);
    std::optional<int> other = arena(buffer).firstOther(
        address(buffer), buffer.getBytes(), held.lookup(value));
    if (!other)
      return success();
    auto diag = op->emitOpError() << what << " (%" << valueName(value) << ") ";
    if (*other < 0)
      return diag << "is read from bytes that were never written";
    return diag << "was overwritten by %" << valueName(writers[*other])
                << " before it is read";
  }

  ProgramOp program;
  int64_t stage;
  std::map<std::pair<int, int64_t>, ArenaContents> arenas;
  SmallVector<Value> writers;      ///< by writing
  llvm::DenseMap<Value, int> held; ///< the writing that a value is now
  SmallVector<int64_t> slots;      ///< of the loops around
};

LogicalResult Execution::runBlock(Block &block) {
  for (Operation &op : block) {
    if (auto loop = dyn_cast<LoopOp>(op)) {
      if (failed(runLoop(loop)))
        return failure();
    } else if (auto pipeline = dyn_cast<PipelineOp>(op)) {
      if (failed(runPipeline(pipeline)))
        return failure();
    } else if (auto result = dyn_cast<ReturnOp>(op)) {
      if (failed(runReturn(result)))
        return failure();
    } else if (!isa<YieldOp, ParamOp, StateOp>(op)) {
      if (failed(runOp(&op)))
        return failure();
    }
  }
  return success();
}

LogicalResult Execution::runOp(Operation *op) {
  for (OpOperand &operand : op->getOpOperands())
    if (failed(check(op, operand.get(),
                     "operand #" + Twine(operand.getOperandNumber()))))
      return failure();
  if (isa<UpdateOp>(op)) {
    BufferAttr buffer = bufferAt(op, 0);
    if (!buffer)
      return op->emitOpError("has no buffers");
    if (failed(checkCopyOf(op->getOperand(0), buffer, op)))
      return failure();
    if (buffer != bufferOf(op->getOperand(0)))
      arena(buffer).write(address(buffer), buffer.getBytes(),
                          newWriting(op->getOperand(0)));
    return success();
  }
  if (failed(checkKernelBuffers(
          op, [&](BufferAttr buffer) { return address(buffer); })))
    return failure();
  if (BufferAttr temporary = bufferAt(op, op->getNumResults()))
    arena(temporary).write(address(temporary), temporary.getBytes(),
                           newWriting(Value()));
  for (OpResult result : op->getResults())
    fill(result, bufferOf(result));
  // Results must not lie in each other.
  for (OpResult result : op->getResults())
    if (failed(check(op, result, "result #" + Twine(result.getResultNumber()))))
      return failure();
  return success();
}

LogicalResult Execution::runReturn(ReturnOp op) {
  for (auto [index, value] : llvm::enumerate(op.getValues()))
    if (failed(check(op, value, "operand #" + Twine(index))))
      return failure();
  return success();
}

/// The first value of a carry that lies in `buffer`, copied there if it is not.
LogicalResult Execution::enterCarry(Operation *op, Value init,
                                    BufferAttr buffer, Value carry) {
  if (failed(check(op, init, "init")) || failed(checkCopyOf(init, buffer, op)))
    return failure();
  if (buffer == bufferOf(init))
    held[carry] = held.lookup(init);
  else
    fill(carry, buffer);
  return success();
}

LogicalResult Execution::runLoop(LoopOp loop) {
  for (OpResult result : loop->getResults())
    if (failed(checkSize(loop, result)))
      return failure();
  for (auto [index, stack] : llvm::enumerate(loop.getStacked()))
    if (failed(check(loop, stack, "slice #" + Twine(index))))
      return failure();
  for (auto [init, carry] : llvm::zip(loop.getInits(), loop.carries()))
    if (failed(enterCarry(loop, init, bufferOf(carry), carry)))
      return failure();

  int64_t trips = loop.trips();
  SmallVector<int64_t> order;
  for (int64_t i = 0; i < trips; ++i)
    if (i < 2 || i >= trips - 2)
      order.push_back(loop.getReverse() ? trips - 1 - i : i);
  // The writings that the executed iterations left in their slots.
  SmallVector<SmallVector<int>> written;
  for (int64_t slot : order) {
    slots.push_back(slot);
    for (BlockArgument slice : loop.slices())
      held[slice] = held.lookup(loop.stackOf(slice));
    if (failed(runIteration(loop, written.emplace_back())))
      return failure();
    slots.pop_back();
  }
  // What was stacked must still be there when the loop ends.
  for (auto [iteration, slot] : llvm::enumerate(order)) {
    slots.push_back(slot);
    for (unsigned stack = 0; stack < loop.getStacks().size(); ++stack) {
      BufferAttr buffer = slotBuffer(loop, stack);
      std::optional<int> other = arena(buffer).firstOther(
          address(buffer), buffer.getBytes(), written[iteration][stack]);
      if (other)
        return loop.emitOpError("stack #")
               << stack << " lost slot " << slot << " to "
               << (*other < 0 ? StringRef("nobody")
                              : valueName(writers[*other]));
    }
    slots.pop_back();
  }
  for (auto [final, carry] : llvm::zip(loop.getFinals(), loop.carries()))
    held[final] = held.lookup(carry);
  for (Value stack : loop.getStacks())
    fill(stack, bufferOf(stack));
  return success();
}

LogicalResult Execution::runIteration(LoopOp loop,
                                      SmallVectorImpl<int> &slotWritings) {
  YieldOp yield = loop.yield();
  slotWritings.assign(loop.getStacks().size(), -1);
  auto copyToSlot = [&](unsigned stack) -> LogicalResult {
    Value value = yield.getStacks()[stack];
    if (failed(check(yield, value, "stacked value #" + Twine(stack))))
      return failure();
    BufferAttr slot = slotBuffer(loop, stack);
    if (failed(checkCopyOf(value, slot, yield)))
      return failure();
    if (slot == bufferOf(value)) {
      slotWritings[stack] = held.lookup(value);
    } else {
      slotWritings[stack] = newWriting(value);
      arena(slot).write(address(slot), slot.getBytes(), slotWritings[stack]);
    }
    return success();
  };
  auto isArgument = [&](unsigned stack) {
    Value value = yield.getStacks()[stack];
    return isa<BlockArgument>(value) && value.getParentBlock() == loop.body();
  };
  unsigned stacks = loop.getStacks().size();
  for (unsigned stack = 0; stack < stacks; ++stack)
    if (isArgument(stack) && failed(copyToSlot(stack)))
      return failure();
  if (failed(runBlock(*loop.body())))
    return failure();
  for (unsigned stack = 0; stack < stacks; ++stack)
    if (!isArgument(stack) && failed(copyToSlot(stack)))
      return failure();
  for (auto [index, value] : llvm::enumerate(yield.getCarries())) {
    Value carry = loop.carries()[index];
    if (failed(check(yield, value, "carried value #" + Twine(index))))
      return failure();
    if (failed(checkCopyOf(value, bufferOf(carry), yield)))
      return failure();
    if (bufferOf(value) == bufferOf(carry))
      held[carry] = held.lookup(value);
    else
      fill(carry, bufferOf(carry));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Pipelines
//===----------------------------------------------------------------------===//

LogicalResult Execution::runForward(PipelineOp pipeline,
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
  }
  return success();
}

/// `carried` are the writings of the carries, or of the chunk's part of them.
LogicalResult Execution::runBackward(PipelineOp pipeline, ArrayRef<int> kept,
                                     SmallVectorImpl<int> &carried) {
  for (auto [argument, writing] : llvm::zip(pipeline.saved(), kept))
    held[argument] = writing;
  for (auto [carry, writing] : llvm::zip(pipeline.carries(), carried))
    held[carry] = writing;
  if (failed(runBlock(*pipeline.backwardBody())))
    return failure();
  YieldOp yield = pipeline.backwardYield();
  for (auto [index, value] : llvm::enumerate(yield.getCarries())) {
    BufferAttr buffer = bufferOf(pipeline.carries()[index]);
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

/// Runs the schedule of one stage, of at most so many micro-batches that all
/// that can be under way at one time is.
LogicalResult Execution::runPipeline(PipelineOp pipeline) {
  for (OpResult result : pipeline->getResults())
    if (failed(checkSize(pipeline, result)))
      return failure();
  for (auto [index, stack] : llvm::enumerate(pipeline.getStacked()))
    if (failed(check(pipeline, stack, "slice #" + Twine(index))))
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
  int64_t at = std::min(stage, schedule.stages - 1);
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
      for (auto [stack, slice] : llvm::zip(pipeline.getStacked(), slices))
        held[slice] = held.lookup(stack);
  };
  auto leave = [&] { slots.truncate(slots.size() - kPipelineIndices); };
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

struct VerifyBuffers : flm::impl::VerifyBuffersBase<VerifyBuffers> {
  void runOnOperation() override {
    for (ProgramOp program : getOperation().getOps<ProgramOp>())
      if (program.getSymName() != "init" &&
          (failed(checkArenas(program)) || failed(runStages(program))))
        return signalPassFailure();
  }

  LogicalResult checkArenas(ProgramOp program);

  /// Stages differ in how far forward passes are ahead of backward ones.
  static LogicalResult runStages(ProgramOp program) {
    int64_t stages = 1;
    program.walk([&](PipelineOp pipeline) {
      stages = std::max(stages, static_cast<int64_t>(pipeline.getStages()));
    });
    for (int64_t stage = 0; stage < stages; ++stage)
      if (failed(Execution(program, stage).run()))
        return failure();
    return success();
  }
};

/// The largest indices around `op`, outermost first.
static SmallVector<int64_t> lastIndices(Operation *op) {
  SmallVector<int64_t> indices;
  for (Operation *parent = op->getParentOp(); isa<LoopOp, PipelineOp>(parent);
       parent = parent->getParentOp()) {
    if (auto loop = dyn_cast<LoopOp>(parent)) {
      indices.insert(indices.begin(), loop.trips() - 1);
      continue;
    }
    auto pipeline = cast<PipelineOp>(parent);
    int64_t slots = std::accumulate(pipeline.getSlots().begin(),
                                    pipeline.getSlots().end(), int64_t(0));
    int64_t own[] = {pipeline.microBatches() - 1, pipeline.chunks() - 1,
                     slots - 1};
    indices.insert(indices.begin(), std::begin(own), std::end(own));
  }
  return indices;
}

/// Every buffer must end before its arena does, in the last iteration too.
LogicalResult VerifyBuffers::checkArenas(ProgramOp program) {
  auto check = [&](Operation *op, BufferAttr buffer) -> LogicalResult {
    StringRef key = buffer.getArena() == Arena::State     ? "flm.state_bytes"
                    : buffer.getArena() == Arena::Scratch ? "flm.scratch_bytes"
                                                          : "";
    auto size = getOperation()->getAttrOfType<IntegerAttr>(key);
    if (!size)
      return success();
    int64_t end = buffer.getOffset() + buffer.getBytes();
    for (auto [stride, last] : llvm::zip(buffer.getStrides(), lastIndices(op)))
      end += stride * last;
    if (buffer.getOffset() >= 0 && end <= size.getInt())
      return success();
    return op->emitOpError() << "has the buffer " << buffer << ", but " << key
                             << " is " << size.getInt();
  };
  WalkResult result = program.walk([&](Operation *op) -> WalkResult {
    auto buffers = op->getAttrOfType<ArrayAttr>(kBuffers);
    if (!buffers)
      return WalkResult::advance();
    for (auto buffer : buffers.getAsRange<BufferAttr>())
      if (failed(check(op, buffer)))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

} // namespace
