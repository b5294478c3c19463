//===----------------------------------------------------------------------===//
// Lets micro-batches follow each other through the stages of a pipeline.
//===----------------------------------------------------------------------===//
#include "passes/contracts/StageInput.h"
#include "passes/sharding/Passes.h"

#include "dialects/flm/Pipeline.h"
#include "dialects/flm/Sizes.h"
#include "dialects/flm/ValueNames.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_SCHEDULEPIPELINE
#include "passes/sharding/Passes.h.inc"
} // namespace flm

namespace {

bool isChunkLoop(Operation *op) {
  auto loop = dyn_cast<LoopOp>(op);
  return loop && loop.getOver().hasFactor(kStageChunkDim);
}

/// The send to the next stage in the block, or in its loop over chunks.
CollectiveOp forwardSend(Block &block) {
  for (Operation &op : block) {
    if (auto send = dyn_cast<CollectiveOp>(op))
      if (send.getKind() == Collective::Send && send.getOffset() == 1)
        return send;
    if (isChunkLoop(&op))
      if (CollectiveOp send = forwardSend(*cast<LoopOp>(op).body()))
        return send;
  }
  return {};
}

/// Turns one loop over micro-batches into a pipeline.
class Scheduler {
public:
  Scheduler(LoopOp loop, CollectiveOp send)
      : loop(loop), send(send), builder(loop) {
    schedule.stages = static_cast<int64_t>(send.getRanks());
    schedule.microBatches = loop.trips();
    if (auto chunks = send->getParentOfType<LoopOp>(); chunks != loop)
      schedule.chunks = chunks.trips();
  }

  LogicalResult run();

private:
  LogicalResult checkMicroBatches();
  LogicalResult findForward();
  void findSlices();
  void cloneOps(bool forward, IRMapping &map, OpBuilder &to);
  void cloneChunk(LoopOp chunks, IRMapping &map, OpBuilder &to);
  LogicalResult buildForward(Region &region);
  LogicalResult buildBackward(Region &region);
  LogicalResult checkCarry(unsigned index, Value next);
  bool inForward(Value value);

  LoopOp loop;
  CollectiveOp send;
  OpBuilder builder;
  PipelineSchedule schedule;
  llvm::SmallPtrSet<Operation *, 16> forwardOps; ///< of the loop's body
  SmallVector<Value> stacked; ///< operands that passes see slice by slice
  SmallVector<Value> slices;  ///< a value of the body for each
  /// What is saved, as the loop's body knows it: for stacks of the chunk loop
  /// its result.
  llvm::SetVector<Value> saved;
  IRMapping inForwardPass; ///< the loop's body -> the forward pass
  SmallVector<Type> carryTypes;
};

LogicalResult Scheduler::checkMicroBatches() {
  int64_t n = schedule.microBatches, p = schedule.stages;
  if (schedule.chunks == 1 || n % p == 0)
    return success();
  auto diag = loop.emitError()
              << "pipeline_chunks = " << schedule.chunks << " interleaves " << p
              << " micro-batches at a time, and " << n << " does not divide by "
              << send.getAxis() << " = " << p << "; next micro_batches: ";
  if (n > p)
    diag << n / p * p << ", ";
  return diag << (n / p + 1) * p;
}

/// What the send depends on.
LogicalResult Scheduler::findForward() {
  Operation *root = loop.body()->findAncestorOpInBlock(*send);
  SmallVector<Operation *> worklist{root};
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    if (!forwardOps.insert(op).second)
      continue;
    WalkResult result = op->walk([&](Operation *inner) -> WalkResult {
      for (Value operand : inner->getOperands()) {
        if (operand.getParentBlock() != loop.body())
          continue;
        if (auto argument = dyn_cast<BlockArgument>(operand)) {
          if (!loop.stackOf(argument))
            return inner->emitError()
                   << "leads to what a stage sends to the next one and reads "
                   << "%" << valueName(operand)
                   << ", which the micro-batch before has left; micro-batches "
                      "in a pipeline must not depend on each other";
          continue;
        }
        worklist.push_back(operand.getDefiningOp());
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return failure();
  }
  return success();
}

bool Scheduler::inForward(Value value) {
  Operation *def = value.getDefiningOp();
  return def && def->getBlock() == loop.body() && forwardOps.contains(def);
}

/// The micro-batch's slices, and the chunk's of what comes from outside.
void Scheduler::findSlices() {
  for (auto [stack, slice] : llvm::zip(loop.getStacked(), loop.slices())) {
    stacked.push_back(stack);
    slices.push_back(slice);
  }
  llvm::SmallPtrSet<void *, 8> seen;
  for (Operation &op : *loop.body()) {
    if (!isChunkLoop(&op))
      continue;
    for (Value stack : cast<LoopOp>(op).getStacked())
      if (stack.getParentBlock() != loop.body() &&
          seen.insert(stack.getAsOpaquePointer()).second) {
        stacked.push_back(stack);
        slices.push_back(stack);
      }
  }
}

/// The body of a loop over chunks, for one chunk: `map` has its inits, and for
/// each of its stacked operands the chunk's part. It gets the results: finals,
/// and for each stack the chunk's part.
void Scheduler::cloneChunk(LoopOp chunks, IRMapping &map, OpBuilder &to) {
  IRMapping inner(map);
  for (auto [init, carry] : llvm::zip(chunks.getInits(), chunks.carries()))
    inner.map(carry, map.lookupOrDefault(init));
  for (auto [stack, slice] : llvm::zip(chunks.getStacked(), chunks.slices()))
    inner.map(slice, map.lookupOrDefault(stack));
  for (Operation &op : chunks.body()->without_terminator())
    to.clone(op, inner);
  YieldOp yield = chunks.yield();
  for (auto [result, value] :
       llvm::zip(chunks.getResults(), yield->getOperands()))
    map.map(result, inner.lookupOrDefault(value));
}

void Scheduler::cloneOps(bool forward, IRMapping &map, OpBuilder &to) {
  for (Operation &op : loop.body()->without_terminator()) {
    if (forwardOps.contains(&op) != forward)
      continue;
    if (isChunkLoop(&op))
      cloneChunk(cast<LoopOp>(op), map, to);
    else
      to.clone(op, map);
  }
}

LogicalResult Scheduler::buildForward(Region &region) {
  Block &block = region.emplaceBlock();
  OpBuilder to = OpBuilder::atBlockEnd(&block);
  for (auto [stack, slice] : llvm::zip(stacked, slices)) {
    NamedTensorType type = typeOf(stack);
    inForwardPass.map(
        slice, block.addArgument(NamedTensorType::get(
                                     type.getDims().drop_front(),
                                     type.getElementType(), type.getStates()),
                                 slice.getLoc()));
  }
  cloneOps(/*forward=*/true, inForwardPass, to);
  // Saved is what the other ops read of these.
  for (Operation &op : *loop.body())
    if (!forwardOps.contains(&op))
      op.walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (inForward(operand))
            saved.insert(operand);
      });
  SmallVector<Value> values = llvm::map_to_vector(
      saved, [&](Value value) { return inForwardPass.lookup(value); });
  YieldOp::create(to, withoutName(loop.getLoc()), ValueRange(), values);
  return success();
}

/// With several chunks a pass is of one of them: what is carried must be the
/// chunk's, or change in one chunk only.
LogicalResult Scheduler::checkCarry(unsigned index, Value next) {
  if (schedule.chunks == 1)
    return success();
  Operation *def = next.getDefiningOp();
  if (!def || isChunkLoop(def) || atOf(def))
    return success();
  return def->emitError()
         << "is run for each of the " << schedule.chunks
         << " chunks of a stage, but what it makes is carried from micro-batch "
            "to micro-batch; only values at one end of the pipeline, or with "
            "the layers as a dim, can be accumulated";
}

LogicalResult Scheduler::buildBackward(Region &region) {
  Block &block = region.emplaceBlock();
  OpBuilder to = OpBuilder::atBlockEnd(&block);
  IRMapping map;
  YieldOp yield = loop.yield();
  for (auto [index, carry] : llvm::enumerate(loop.carries())) {
    Value next = yield.getCarries()[index];
    if (failed(checkCarry(index, next)))
      return failure();
    NamedTensorType type = typeOf(carry);
    // A stack that a loop over chunks makes is seen chunk by chunk.
    if (Operation *def = next.getDefiningOp();
        def && isChunkLoop(def) &&
        cast<OpResult>(next).getResultNumber() >=
            cast<LoopOp>(def).getInits().size())
      type = NamedTensorType::get(type.getDims().drop_front(),
                                  type.getElementType(), type.getStates());
    map.map(carry, block.addArgument(type, carry.getLoc()));
  }
  auto addArgument = [&](Value value, Type type) {
    map.map(value, block.addArgument(type, derivedFrom(value, "")));
  };
  for (Value slice : slices)
    addArgument(slice, inForwardPass.lookup(slice).getType());
  for (Value value : saved)
    addArgument(value, inForwardPass.lookup(value).getType());
  cloneOps(/*forward=*/false, map, to);
  SmallVector<Value> next =
      llvm::map_to_vector(yield.getCarries(), [&](Value value) {
        return map.lookupOrDefault(value);
      });
  YieldOp::create(to, withoutName(loop.getLoc()), next, ValueRange());
  return success();
}

LogicalResult Scheduler::run() {
  if (failed(checkMicroBatches()) || failed(findForward()))
    return failure();
  if (!loop.getStacks().empty())
    return loop.emitError("stacks values of micro-batches, which a pipeline "
                          "can not; accumulate them");
  findSlices();
  auto pipeline = PipelineOp::create(
      builder, loop.getLoc(), loop.getFinals().getTypes(), loop.getOver(),
      send.getAxisAttr(), builder.getI64IntegerAttr(schedule.stages),
      builder.getDenseI64ArrayAttr(schedule.slots()), loop.getInits(), stacked);
  if (failed(buildForward(pipeline.getForward())) ||
      failed(buildBackward(pipeline.getBackward()))) {
    pipeline.erase();
    return failure();
  }
  loop.replaceAllUsesWith(pipeline.getFinals());
  loop.erase();
  return success();
}

/// What is computed from values of one stage is computed there, if nobody said
/// so: ops that localization added.
void spreadPlaces(ProgramOp program) {
  program.walk<WalkOrder::PreOrder>([](Operation *op) {
    if (atOf(op) || op->getNumRegions() || !op->getNumResults())
      return;
    auto collective = dyn_cast<CollectiveOp>(op);
    for (Value operand : op->getOperands()) {
      Operation *def = operand.getDefiningOp();
      AxisStateAttr at = def ? atOf(def) : nullptr;
      if (!at || (collective && collective.getAxisAttr() == at.getAxis()))
        continue;
      if (at.getArgument() == "first" || at.getArgument() == "last")
        return op->setAttr(kAt, at);
    }
  });
}

struct SchedulePipeline : flm::impl::SchedulePipelineBase<SchedulePipeline> {
  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::local, Stage::fuse)))
      return signalPassFailure();
    for (ProgramOp program : getOperation().getOps<ProgramOp>())
      spreadPlaces(program);
    SmallVector<LoopOp> loops;
    getOperation().walk([&](LoopOp loop) {
      if (loop.getOver().hasFactor(kMicroDim))
        loops.push_back(loop);
    });
    for (LoopOp loop : loops)
      if (CollectiveOp send = forwardSend(*loop.body()))
        if (failed(Scheduler(loop, send).run()))
          return signalPassFailure();
  }
};

} // namespace
