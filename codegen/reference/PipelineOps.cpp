//===----------------------------------------------------------------------===//
// A pipeline as one stage runs it.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"
#include "dialects/flm/Pipeline.h"

#include "llvm/Support/SaveAndRestore.h"

#include <map>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

namespace {

/// The run of one pipeline on one rank.
class PipelineRun {
public:
  PipelineRun(PipelineOp op, Environment &env)
      : op(op), env(env), schedule(scheduleOf(op)) {}

  LogicalResult run();

private:
  using Pass = PipelineSchedule::Pass;
  using Values = SmallVector<std::optional<Tensor>>;

  void bindSlices(Block::BlockArgListType arguments, Pass pass);
  LogicalResult forward(Pass pass);
  LogicalResult backward(Pass pass);
  /// What a forward pass saved, in one of the slots of its chunk.
  std::map<std::pair<int64_t, int64_t>, Values> saved;
  Values &slotOf(Pass pass) {
    return saved[{pass.chunk, pass.micro % op.getSlots()[pass.chunk]}];
  }
  bool isChunkwise(size_t carry) {
    return PipelineOp::isChunked(typeOf(op.getInits()[carry]),
                                 typeOf(op.carries()[carry]));
  }

  PipelineOp op;
  Environment &env;
  PipelineSchedule schedule;
  Values carries;
};

} // namespace

void PipelineRun::bindSlices(Block::BlockArgListType arguments, Pass pass) {
  for (auto [argument, stacked] : llvm::zip(arguments, op.getStacked())) {
    bool ofMicro = typeOf(stacked).getDims().front() == op.getOver();
    const Tensor *stack = env.find(stacked);
    env.setOrErase(argument,
                   stack ? std::optional(slotOfStack(
                               *stack, ofMicro ? pass.micro : pass.chunk))
                         : std::nullopt);
  }
}

LogicalResult PipelineRun::forward(Pass pass) {
  env.chunk = pass.chunk;
  bindSlices(op.forwardSlices(), pass);
  if (failed(evaluate(*op.forwardBody(), env)))
    return failure();
  Values &slot = slotOf(pass);
  if (!slot.empty())
    return op.emitOpError()
           << "saves micro-batch " << pass.micro << " of chunk " << pass.chunk
           << " over another that has not been read; more slots are needed";
  for (Value value : op.forwardYield().getStacks())
    slot.push_back(env.copyOf(value));
  return success();
}

LogicalResult PipelineRun::backward(Pass pass) {
  env.chunk = pass.chunk;
  for (auto [index, argument] : llvm::enumerate(op.carries())) {
    std::optional<Tensor> carry = carries[index];
    if (carry && isChunkwise(index))
      carry = slotOfStack(*carry, pass.chunk);
    env.setOrErase(argument, std::move(carry));
  }
  bindSlices(op.backwardSlices(), pass);
  Values &slot = slotOf(pass);
  for (auto [argument, value] : llvm::zip_equal(op.saved(), slot))
    env.setOrErase(argument, std::move(value));
  slot.clear();
  if (failed(evaluate(*op.backwardBody(), env)))
    return failure();
  for (auto [index, value] : llvm::enumerate(op.backwardYield().getCarries())) {
    std::optional<Tensor> next = env.copyOf(value);
    // What only another chunk's pass adds to stays as it is in this one.
    if (!next)
      continue;
    if (!isChunkwise(index))
      carries[index] = std::move(next);
    else if (carries[index])
      storeSlotOfStack(*carries[index], pass.chunk, *next);
  }
  return success();
}

LogicalResult PipelineRun::run() {
  int64_t stage = env.indexOn(op.getAxis());
  int64_t warmup = schedule.warmup(stage);
  for (Value init : op.getInits())
    carries.push_back(env.copyOf(init));
  llvm::SaveAndRestore chunk(env.chunk), chunks(env.chunks, schedule.chunks);
  for (int64_t tick = 0; tick < schedule.ticks(stage); ++tick)
    if ((tick < schedule.passes() && failed(forward(schedule.forward(tick)))) ||
        (tick >= warmup && failed(backward(schedule.backward(tick - warmup)))))
      return failure();
  for (auto [result, carry] : llvm::zip(op.getFinals(), carries))
    env.setOrErase(result, std::move(carry));
  return success();
}

LogicalResult reference::evaluate(PipelineOp op, Environment &env) {
  if (!env.rank)
    return op.emitOpError("is what one stage does: the program must be run on "
                          "the ranks of a grid");
  return PipelineRun(op, env).run();
}
