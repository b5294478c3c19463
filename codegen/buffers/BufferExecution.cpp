//===----------------------------------------------------------------------===//
// Running a program on its buffers: ops and loops.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferExecution.h"

#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;

LogicalResult BufferExecution::run() {
  for (BlockArgument argument : program.body()->getArguments())
    fill(argument, bufferOf(argument));
  // All state of this stage is there on entry.
  program.walk([&](Operation *op) {
    if (isa<ParamOp, StateOp>(op) && runsAt(op, position))
      fill(op->getResult(0), bufferAt(op, 0));
  });
  return runBlock(*program.body());
}

LogicalResult BufferExecution::check(Operation *op, Value value,
                                     const Twine &what) {
  if (isNowhere(value))
    return success();
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

/// An op that this stage does not run; a receive then gives its operand.
void BufferExecution::skipOp(Operation *op) {
  for (OpResult result : op->getResults()) {
    auto receive = dyn_cast<CollectiveOp>(op);
    bool gives = receive && receive.getKind() == Collective::Receive &&
                 receive.getX() && !isNowhere(receive.getX());
    setNowhere(result, !gives);
    if (!gives)
      continue;
    if (bufferOf(receive.getX()) == bufferOf(result))
      held[result] = held.lookup(receive.getX());
    else
      fill(result, bufferOf(result));
  }
}

void BufferExecution::enterSlices(ValueRange stacks, ValueRange slices) {
  for (auto [stack, slice] : llvm::zip(stacks, slices)) {
    held[slice] = held.lookup(stack);
    setNowhere(slice, isNowhere(stack));
  }
}

LogicalResult BufferExecution::runBlock(Block &block) {
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
    } else if (!runsAt(&op, position)) {
      skipOp(&op);
    } else if (!isa<YieldOp, ParamOp, StateOp>(op)) {
      if (failed(runOp(&op)))
        return failure();
    }
  }
  return success();
}

LogicalResult BufferExecution::runOp(Operation *op) {
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
  // A mask keeps the value of one rank, a receive the sender's.
  auto collective = dyn_cast<CollectiveOp>(op);
  bool reads = !collective || (collective.getKind() != Collective::Mask &&
                               collective.getKind() != Collective::Receive);
  for (OpResult result : op->getResults()) {
    fill(result, bufferOf(result));
    setNowhere(result, reads && llvm::any_of(op->getOperands(), [&](Value v) {
                         return isNowhere(v);
                       }));
  }
  // Results must not lie in each other.
  for (OpResult result : op->getResults())
    if (failed(check(op, result, "result #" + Twine(result.getResultNumber()))))
      return failure();
  return success();
}

LogicalResult BufferExecution::runReturn(ReturnOp op) {
  for (auto [index, value] : llvm::enumerate(op.getValues()))
    if (failed(check(op, value, "operand #" + Twine(index))))
      return failure();
  return success();
}

/// The first value of a carry that lies in `buffer`, copied there if it is not.
LogicalResult BufferExecution::enterCarry(Operation *op, Value init,
                                          BufferAttr buffer, Value carry) {
  if (failed(check(op, init, "init")) || failed(checkCopyOf(init, buffer, op)))
    return failure();
  if (buffer == bufferOf(init))
    held[carry] = held.lookup(init);
  else
    fill(carry, buffer);
  setNowhere(carry, isNowhere(init));
  return success();
}

LogicalResult BufferExecution::runLoop(LoopOp loop) {
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
  // The writings that the executed iterations left in their slots; -1 where the
  // value is nowhere on this stage, so that nothing was written.
  SmallVector<SmallVector<int>> written;
  StagePosition outer = position;
  for (int64_t slot : order) {
    slots.push_back(slot);
    if (loop.getOver().hasFactor(kStageChunkDim)) {
      position.chunk = slot;
      position.chunks = trips;
    }
    enterSlices(loop.getStacked(), loop.slices());
    if (failed(runIteration(loop, written.emplace_back())))
      return failure();
    slots.pop_back();
  }
  position = outer;
  // What was stacked must still be there when the loop ends.
  for (auto [iteration, slot] : llvm::enumerate(order)) {
    slots.push_back(slot);
    for (unsigned stack = 0; stack < loop.getStacks().size(); ++stack) {
      if (written[iteration][stack] < 0)
        continue;
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
  for (auto [final, carry] : llvm::zip(loop.getFinals(), loop.carries())) {
    held[final] = held.lookup(carry);
    setNowhere(final, isNowhere(carry));
  }
  for (auto [stack, value] :
       llvm::zip(loop.getStacks(), loop.yield().getStacks())) {
    fill(stack, bufferOf(stack));
    setNowhere(stack, isNowhere(value));
  }
  return success();
}

LogicalResult
BufferExecution::runIteration(LoopOp loop, SmallVectorImpl<int> &slotWritings) {
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
      if (!isNowhere(value))
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
    setNowhere(carry, isNowhere(value));
  }
  return success();
}
