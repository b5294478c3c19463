//===----------------------------------------------------------------------===//
// Lets collectives run beside computation that does not need their results.
//===----------------------------------------------------------------------===//
#include "passes/contracts/StageInput.h"
#include "passes/sharding/Passes.h"

#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_OVERLAPCOLLECTIVES
#include "passes/sharding/Passes.h.inc"
} // namespace flm

/// Whether starting it early gains anything: it exchanges data, and all ranks
/// of the axis take part at once.
static bool isExchange(CollectiveOp collective) {
  switch (collective.getKind()) {
  case Collective::AllReduce:
  case Collective::ReduceScatter:
  case Collective::AllGather:
  case Collective::AllToAll:
    return !collective.getStarted();
  case Collective::Slice:
  case Collective::Mask:
  case Collective::Send:
  case Collective::Receive:
    return false;
  }
  return false;
}

/// Whether an op takes time that a collective can use.
static bool isWork(Operation &op) {
  return !isa<ParamOp, StateOp, UpdateOp, CollectiveOp, WaitOp>(op) &&
         !op.hasTrait<mlir::OpTrait::IsTerminator>();
}

/// The first op of the block that reads `value`, or holds one that does.
static Operation *firstUse(Value value) {
  Block *block = value.getParentBlock();
  Operation *first = nullptr;
  for (Operation *user : value.getUsers()) {
    Operation *at = block->findAncestorOpInBlock(*user);
    if (!first || at->isBeforeInBlock(first))
      first = at;
  }
  return first;
}

namespace {

struct OverlapCollectives
    : flm::impl::OverlapCollectivesBase<OverlapCollectives> {
  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::local, Stage::fuse)))
      return signalPassFailure();
    for (ProgramOp program : getOperation().getOps<ProgramOp>())
      if (program.getSymName() != "init") // carried out by the runtime
        overlapIn(program);
  }

private:
  void overlapIn(ProgramOp program);
  void overlap(CollectiveOp collective);
  Operation *startPoint(CollectiveOp collective) const;

  /// Sends and receives, and ops that hold some. Collectives run in the order
  /// of their starts: one that moved ahead of a receive would keep its partners
  /// waiting for what this rank is sent, so none does.
  llvm::DenseSet<Operation *> barriers;
};

/// An update takes effect when the program ends: what collectives give to it is
/// not needed before.
void delayUpdates(ProgramOp program) {
  SmallVector<UpdateOp> late;
  for (UpdateOp update : program.body()->getOps<UpdateOp>())
    if (update.getValue().getDefiningOp<CollectiveOp>())
      late.push_back(update);
  for (UpdateOp update : late)
    update->moveBefore(program.body()->getTerminator());
}

void OverlapCollectives::overlapIn(ProgramOp program) {
  delayUpdates(program);
  barriers.clear();
  SmallVector<CollectiveOp> exchanges;
  program.walk([&](CollectiveOp collective) {
    if (isExchange(collective))
      exchanges.push_back(collective);
    if (collective.getKind() == Collective::Send ||
        collective.getKind() == Collective::Receive)
      for (Operation *op = collective; op != program; op = op->getParentOp())
        barriers.insert(op);
  });
  for (CollectiveOp collective : exchanges)
    overlap(collective);
}

/// The op before which `collective` can start: behind the op that makes its
/// operand, and behind the collectives that start there already. Itself, if the
/// operand is ready from the beginning: then it stands where it does for the
/// sake of memory.
Operation *OverlapCollectives::startPoint(CollectiveOp collective) const {
  Operation *maker = collective.getX().getDefiningOp();
  if (!maker || maker->getBlock() != collective->getBlock() ||
      isa<ParamOp, StateOp>(maker))
    return collective;
  Operation *point = collective;
  while (point->getPrevNode() != maker &&
         !barriers.contains(point->getPrevNode()))
    point = point->getPrevNode();
  auto isStart = [](Operation *op) {
    auto other = dyn_cast<CollectiveOp>(op);
    return other && other.getStarted();
  };
  while (point != collective && isStart(point))
    point = point->getNextNode();
  return point;
}

void OverlapCollectives::overlap(CollectiveOp collective) {
  Value result = collective.getY();
  Operation *use = firstUse(result);
  if (!use)
    return;
  Operation *start = startPoint(collective);
  if (!llvm::any_of(llvm::make_range(start->getIterator(), use->getIterator()),
                    isWork))
    return;
  OpBuilder builder(use);
  Value source = collective.getKind() == Collective::AllReduce
                     ? Value()
                     : collective.getX();
  auto wait = WaitOp::create(builder, collective.getLoc(), result.getType(),
                             result, source, collective.getIdAttr());
  // Where in a pipeline it happens.
  wait->setDiscardableAttrs(collective->getDiscardableAttrDictionary());
  result.replaceAllUsesExcept(wait.getY(), wait);
  collective->setLoc(derivedFrom(result, "", "_pending"));
  collective.setStarted(true);
  if (start != collective)
    collective->moveBefore(start);
}

} // namespace
