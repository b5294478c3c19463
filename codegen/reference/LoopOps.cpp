//===----------------------------------------------------------------------===//
// The loop: one iteration after the other.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"

using namespace mlir;
using namespace flm;
using namespace flm::reference;

static Tensor slotOf(const Tensor &stack, int64_t slot) {
  ArrayRef<int64_t> shape = ArrayRef<int64_t>(stack.shape).drop_front();
  int64_t size = stack.size() / stack.shape.front();
  auto begin = stack.data.begin() + slot * size;
  return Tensor(shape, std::vector<double>(begin, begin + size));
}

static void storeSlot(Tensor &stack, int64_t slot, const Tensor &slice) {
  std::copy(slice.data.begin(), slice.data.end(),
            stack.data.begin() + slot * slice.size());
}

LogicalResult reference::evaluate(LoopOp op, Environment &env) {
  YieldOp yield = op.yield();
  SmallVector<Tensor> carries, stacks;
  for (Value init : op.getInits())
    carries.push_back(env[init]);
  for (Value stack : op.getStacks())
    stacks.push_back(zerosFor(stack));

  for (int64_t iteration = 0; iteration < op.trips(); ++iteration) {
    int64_t slot = op.getReverse() ? op.trips() - 1 - iteration : iteration;
    for (auto [argument, carry] : llvm::zip(op.carries(), carries))
      env.set(argument, std::move(carry));
    for (auto [argument, stack] : llvm::zip(op.slices(), op.getStacked()))
      env.set(argument, slotOf(env[stack], slot));
    if (failed(evaluate(*op.body(), env)))
      return failure();
    // Copied, not moved: a value may be yielded twice.
    for (auto [carry, value] : llvm::zip(carries, yield.getCarries()))
      carry = env[value];
    for (auto [stack, value] : llvm::zip(stacks, yield.getStacks()))
      storeSlot(stack, slot, env[value]);
  }

  for (auto [result, carry] : llvm::zip(op.getFinals(), carries))
    env.set(result, std::move(carry));
  for (auto [result, stack] : llvm::zip(op.getStacks(), stacks))
    env.set(result, std::move(stack));
  return success();
}
