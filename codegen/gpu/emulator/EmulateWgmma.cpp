//===----------------------------------------------------------------------===//
// wgmma as calls: results in buffers that are read after the covering wait.
//
// Kernels are structured, so the order of ops in the text is the order in which
// a thread meets them, and the wait that covers an op is the first after it in
// the text that leaves few enough groups pending.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/RuntimeCalls.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

namespace {

class WgmmaEmulation {
public:
  WgmmaEmulation(ModuleOp module, Operation *root);
  LogicalResult run();

private:
  Operation *findWait(WgmmaOp op) const;
  /// The op whose results `op` adds to and nobody else uses, if it need not be
  /// waited for in between: then both share a buffer.
  WgmmaOp chainedTo(WgmmaOp op) const;
  /// Registers may be touched neither between the last fence and the op nor
  /// while it is in flight.
  LogicalResult checkRegisters(WgmmaOp op) const;
  bool isFencedSince(Value value, WgmmaOp op) const;
  void issue(WgmmaOp op);
  LogicalResult readResults(WgmmaOp op);
  unsigned position(Operation *op) const { return positions.lookup(op); }

  ModuleOp module;
  SmallVector<Operation *> text;             ///< all ops, in order
  DenseMap<Operation *, unsigned> positions; ///< in `text`
  SmallVector<WgmmaOp> ops;
  DenseMap<Operation *, Operation *> waits;
  DenseMap<Operation *, Value> buffers;
};

} // namespace

WgmmaEmulation::WgmmaEmulation(ModuleOp module, Operation *root)
    : module(module) {
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    positions[op] = text.size();
    text.push_back(op);
    if (auto wgmma = dyn_cast<WgmmaOp>(op))
      ops.push_back(wgmma);
  });
}

/// Whether `op` runs whenever `other` does: it is in a region around it.
static bool isAround(Operation *op, Operation *other) {
  return op->getParentRegion()->isAncestor(other->getParentRegion());
}

/// The accumulators that another wgmma gives are ordered by the hardware.
static bool areOfOneProduct(ValueRange accumulators) {
  auto before = accumulators.empty() ? WgmmaOp()
                                     : accumulators[0].getDefiningOp<WgmmaOp>();
  return before && ValueRange(before.getResults()) == accumulators;
}

bool WgmmaEmulation::isFencedSince(Value value, WgmmaOp op) const {
  Operation *defining = value.getDefiningOp();
  if (defining && defining->hasTrait<OpTrait::ConstantLike>())
    return true;
  // The values of a loop are new in each iteration: at its beginning.
  unsigned since = 0;
  if (!defining)
    since = position(value.getParentBlock()->getParentOp());
  else
    defining->walk(
        [&](Operation *inner) { since = std::max(since, position(inner)); });
  for (unsigned i = position(op); i-- > since;)
    if (isa<NVVM::WgmmaFenceAlignedOp>(text[i]) && isAround(text[i], op))
      return true;
  return false;
}

LogicalResult WgmmaEmulation::checkRegisters(WgmmaOp op) const {
  SmallVector<Value> registers;
  if (!areOfOneProduct(op.getAcc()))
    llvm::append_range(registers, op.getAcc());
  if (op.hasRegisterA())
    llvm::append_range(registers, op.getA());
  for (Value value : registers)
    if (!isFencedSince(value, op))
      return op.emitError("a register of this wgmma is written after the last "
                          "wgmma.fence before it");
  if (!op.hasRegisterA())
    return success();
  unsigned end = position(waits.lookup(op));
  for (Value value : op.getA())
    for (Operation *user : value.getUsers())
      if (!isa<WgmmaOp>(user) && position(user) > position(op) &&
          position(user) < end)
        return op.emitError("a register of A of this wgmma is used before the "
                            "wait_group that covers it")
                   .attachNote(user->getLoc())
               << "the use";
  return success();
}

Operation *WgmmaEmulation::findWait(WgmmaOp op) const {
  unsigned commits = 0;
  for (Operation *later : ArrayRef(text).drop_front(position(op) + 1)) {
    if (isa<NVVM::WgmmaGroupSyncAlignedOp>(later))
      ++commits;
    else if (auto wait = dyn_cast<NVVM::WgmmaWaitGroupSyncOp>(later);
             wait && commits > wait.getGroup() && isAround(wait, op))
      return wait;
  }
  return nullptr;
}

WgmmaOp WgmmaEmulation::chainedTo(WgmmaOp op) const {
  if (op.getAcc().empty())
    return nullptr;
  auto before = op.getAcc()[0].getDefiningOp<WgmmaOp>();
  if (!before || ValueRange(before.getResults()) != ValueRange(op.getAcc()))
    return nullptr;
  bool onlyUse = llvm::all_of(before.getResults(),
                              [](Value result) { return result.hasOneUse(); });
  return onlyUse && position(op) < position(waits.lookup(before)) ? before
                                                                  : nullptr;
}

void WgmmaEmulation::issue(WgmmaOp op) {
  RuntimeCalls calls(module, op);
  Type f32 = calls.getF32Type();
  Value buffer;
  if (WgmmaOp before = chainedTo(op)) {
    buffer = buffers.lookup(before);
  } else {
    buffer = calls.buffer(f32, op.getResults().size());
    for (auto [i, value] : llvm::enumerate(op.getAcc()))
      LLVM::StoreOp::create(calls, value, calls.element(buffer, f32, i));
  }
  buffers[op] = buffer;
  bool registers = op.hasRegisterA();
  Value fragment = registers ? calls.bufferOf(op.getA()) : calls.null();
  Value descriptor = registers ? calls.i64(0) : op.getA()[0];
  calls.call("wgmma", Type(),
             {calls.i32(op.getN()), calls.i32(op.getTransposeA()),
              calls.i32(op.getTransposeB()), calls.i32(!op.getAcc().empty()),
              fragment, descriptor, op.getB(), buffer});
}

LogicalResult WgmmaEmulation::readResults(WgmmaOp op) {
  Operation *wait = waits.lookup(op);
  RuntimeCalls calls(module, op);
  calls.setInsertionPointAfter(wait);
  Type f32 = calls.getF32Type();
  bool read = false;
  for (auto [i, result] : llvm::enumerate(op.getResults())) {
    Value loaded;
    for (OpOperand &use : llvm::make_early_inc_range(result.getUses())) {
      auto user = dyn_cast<WgmmaOp>(use.getOwner());
      if (user && chainedTo(user) == op)
        continue;
      if (position(use.getOwner()) < position(wait))
        return op.emitError("an accumulator of this wgmma is used before the "
                            "wait_group that covers it")
                   .attachNote(use.getOwner()->getLoc())
               << "the use";
      // The text says that the wait covers the op; the runtime knows.
      if (!read)
        calls.call("wgmma_results", Type(), buffers[op]);
      read = true;
      if (!loaded)
        loaded = LLVM::LoadOp::create(calls, f32,
                                      calls.element(buffers[op], f32, i));
      use.set(loaded);
    }
  }
  return success();
}

LogicalResult WgmmaEmulation::run() {
  for (WgmmaOp op : ops) {
    Operation *wait = findWait(op);
    if (!wait)
      return op.emitError("no wait_group after this wgmma covers it");
    waits[op] = wait;
  }
  for (WgmmaOp op : ops)
    if (failed(checkRegisters(op)))
      return failure();
  for (WgmmaOp op : ops)
    issue(op);
  for (WgmmaOp op : ops)
    if (failed(readResults(op)))
      return failure();
  // Users go first.
  for (WgmmaOp op : llvm::reverse(ops))
    op.erase();
  return success();
}

LogicalResult flm::gpu::emulateWgmma(ModuleOp module, Operation *root) {
  return WgmmaEmulation(module, root).run();
}
