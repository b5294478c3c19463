//===----------------------------------------------------------------------===//
// Proves that no value is overwritten while it is alive, by running the program
// on its buffers and remembering what lies where.
//===----------------------------------------------------------------------===//
#include "codegen/plan/ArenaContents.h"
#include "codegen/plan/BufferMap.h"
#include "codegen/plan/KernelBuffers.h"
#include "codegen/plan/Passes.h"

#include "dialects/flm/ValueNames.h"

#include <map>

#define DEBUG_TYPE "flm-verify-buffers"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_VERIFYBUFFERS
#include "codegen/plan/Passes.h.inc"
} // namespace flm

namespace {

/// Runs one program.
class Execution {
public:
  explicit Execution(ProgramOp program) : program(program) {}

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

LogicalResult Execution::runLoop(LoopOp loop) {
  for (OpResult result : loop->getResults())
    if (failed(checkSize(loop, result)))
      return failure();
  for (auto [index, stack] : llvm::enumerate(loop.getStacked()))
    if (failed(check(loop, stack, "slice #" + Twine(index))))
      return failure();
  for (auto [init, carry] : llvm::zip(loop.getInits(), loop.carries())) {
    if (failed(check(loop, init, "init")))
      return failure();
    BufferAttr buffer = bufferOf(carry);
    if (failed(checkCopyOf(init, buffer, loop)))
      return failure();
    if (buffer == bufferOf(init))
      held[carry] = held.lookup(init);
    else
      fill(carry, buffer);
  }

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

struct VerifyBuffers : flm::impl::VerifyBuffersBase<VerifyBuffers> {
  void runOnOperation() override {
    for (ProgramOp program : getOperation().getOps<ProgramOp>())
      if (program.getSymName() != "init" &&
          (failed(checkArenas(program)) || failed(Execution(program).run())))
        return signalPassFailure();
  }

  LogicalResult checkArenas(ProgramOp program);
};

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
    SmallVector<LoopOp> loops; // outermost first
    for (auto loop = op->getParentOfType<LoopOp>(); loop;
         loop = loop->getParentOfType<LoopOp>())
      loops.insert(loops.begin(), loop);
    for (auto [stride, loop] : llvm::zip(buffer.getStrides(), loops))
      end += stride * (loop.trips() - 1);
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
