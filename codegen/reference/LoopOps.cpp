//===----------------------------------------------------------------------===//
// The loop: one iteration after the other.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"
#include "dialects/flm/Pipeline.h"

#include "llvm/Support/SaveAndRestore.h"

#include <limits>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

LogicalResult reference::evaluate(LoopOp op, Environment &env) {
  YieldOp yield = op.yield();
  SmallVector<std::optional<Tensor>> carries, stacks;
  for (Value init : op.getInits())
    carries.push_back(env.copyOf(init));
  stacks.resize(op.getStacks().size());

  llvm::SaveAndRestore chunk(env.chunk), chunks(env.chunks);
  bool overChunks = op.getOver().hasFactor(kStageChunkDim);
  if (overChunks)
    env.chunks = op.trips();
  for (int64_t iteration = 0; iteration < op.trips(); ++iteration) {
    int64_t slot = op.getReverse() ? op.trips() - 1 - iteration : iteration;
    if (overChunks)
      env.chunk = slot;
    for (auto [argument, carry] : llvm::zip(op.carries(), carries))
      env.setOrErase(argument, std::move(carry));
    for (auto [argument, value] : llvm::zip(op.slices(), op.getStacked())) {
      const Tensor *stack = env.find(value);
      env.setOrErase(argument, stack ? std::optional(slotOfStack(*stack, slot))
                                     : std::nullopt);
    }
    if (failed(evaluate(*op.body(), env)))
      return failure();
    // Copied, not moved: a value may be yielded twice.
    for (auto [carry, value] : llvm::zip(carries, yield.getCarries()))
      carry = env.copyOf(value);
    for (auto [stack, result, value] :
         llvm::zip(stacks, op.getStacks(), yield.getStacks())) {
      const Tensor *slice = env.find(value);
      if (!slice)
        continue;
      // A slot that this rank never fills must not pass for a number.
      if (!stack)
        stack = Tensor(typeOf(result).shape(),
                       std::numeric_limits<double>::quiet_NaN());
      storeSlotOfStack(*stack, slot, *slice);
    }
  }

  for (auto [result, carry] : llvm::zip(op.getFinals(), carries))
    env.setOrErase(result, std::move(carry));
  for (auto [result, stack] : llvm::zip(op.getStacks(), stacks))
    env.setOrErase(result, std::move(stack));
  return success();
}
