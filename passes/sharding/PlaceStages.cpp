//===----------------------------------------------------------------------===//
// Cuts programs into pipeline stages: where on the axis every value lies.
//===----------------------------------------------------------------------===//
#include "passes/contracts/StageInput.h"
#include "passes/sharding/Passes.h"

#include "dialects/flm/Pipeline.h"
#include "dialects/flm/Recipe.h"
#include "dialects/flm/ValueNames.h"
#include "passes/sharding/PipelinePlan.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_PLACESTAGES
#include "passes/sharding/Passes.h.inc"
} // namespace flm

namespace {

enum class End { First, Last };

StringRef endText(End end) { return end == End::First ? "first" : "last"; }

/// Places the values of one program at the ends of the pipeline: what the
/// layers' loop takes in and gives back, and everything that is computed from
/// or with it.
class Placement {
public:
  Placement(ProgramOp program, const PipelinePlan &plan)
      : program(program), plan(plan) {}

  LogicalResult run();

  /// Where state of this name lies, from `update` to `param` and between
  /// programs.
  llvm::StringMap<End> stateEnds;

private:
  bool isPipelined(Operation *op) const { return plan.isPipelined(op); }

  void ownFills();
  LogicalResult place(Value value, End end, Operation *reason);
  LogicalResult placeProducer(Value value, End end);
  LogicalResult placeUse(OpOperand &use, End end);
  LogicalResult placeCarry(LoopOp loop, unsigned index, End end);
  LogicalResult placeOp(Operation *op, End end);
  bool dependsOnState(Value value);
  LogicalResult conflict(Value value, End end, Operation *reason);

  void setTypes();
  Value everywhere(OpBuilder &builder, Value value);
  void insertReshards();

  ProgramOp program;
  const PipelinePlan &plan;
  llvm::DenseMap<Value, End> ends;
  llvm::DenseMap<Value, Operation *> reasons; ///< what wanted a value there
  SmallVector<Value> worklist;
};

/// Equal constants were joined: where one starts a carry it may have to lie
/// elsewhere than for the next, so each carry gets its own.
void Placement::ownFills() {
  SmallVector<LoopOp> loops;
  program.walk([&](LoopOp loop) { loops.push_back(loop); });
  for (LoopOp loop : loops)
    for (OpOperand &operand :
         loop->getOpOperands().take_front(loop.getInits().size()))
      if (auto fill = operand.get().getDefiningOp<FillOp>();
          fill && !fill->hasOneUse()) {
        OpBuilder builder(fill);
        operand.set(builder.clone(*fill)->getResult(0));
      }
}

LogicalResult Placement::conflict(Value value, End end, Operation *reason) {
  Operation *def = value.getDefiningOp();
  Operation *at = def ? def : value.getParentBlock()->getParentOp();
  auto diag = at->emitError()
              << "%" << valueName(value) << " is needed at("
              << endText(ends[value]) << ") and at(" << endText(end) << ") of '"
              << plan.axis.getValue()
              << "'; what comes before and what comes after the " << plan.dim
              << " may only meet in scalars";
  for (Operation *user : {reasons.lookup(value), reason})
    if (user && user != def)
      diag.attachNote(user->getLoc()) << "needed here";
  return diag;
}

LogicalResult Placement::place(Value value, End end, Operation *reason) {
  auto [it, fresh] = ends.try_emplace(value, end);
  if (!fresh)
    return it->second == end ? success() : conflict(value, end, reason);
  reasons[value] = reason;
  worklist.push_back(value);
  return success();
}

/// Whether the value is computed from parameters or state: such a value is
/// where they are. Others (constants, and totals that are known everywhere) are
/// made wherever they are used.
bool Placement::dependsOnState(Value value) {
  Operation *def = value.getDefiningOp();
  if (!def || isa<LoopOp>(def) ||
      def->hasTrait<flm::OpTrait::KnownToAllStages>())
    return false;
  return isa<ParamOp, StateOp>(def) ||
         llvm::any_of(def->getOperands(),
                      [&](Value operand) { return dependsOnState(operand); });
}

LogicalResult Placement::placeOp(Operation *op, End end) {
  for (Value result : op->getResults())
    if (failed(place(result, end, op)))
      return failure();
  for (Value operand : op->getOperands())
    if (dependsOnState(operand) && failed(place(operand, end, op)))
      return failure();
  return success();
}

/// A carry lies at one place: init, argument, yielded value and final.
LogicalResult Placement::placeCarry(LoopOp loop, unsigned index, End end) {
  for (Value value :
       {loop.getInits()[index], Value(loop.carries()[index]),
        loop.yield().getCarries()[index], Value(loop.getFinals()[index])})
    if (failed(place(value, end, loop)))
      return failure();
  return success();
}

/// What a value's place means for the op, or the loop, that makes it.
LogicalResult Placement::placeProducer(Value value, End end) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<LoopOp>(argument.getOwner()->getParentOp());
    if (!loop)
      return program.emitError()
             << "argument %" << valueName(value) << " enters the " << plan.dim
             << " as it is; compute something "
             << "from it first (an embedding)";
    unsigned index = argument.getArgNumber();
    if (Value stack = loop.stackOf(argument))
      return place(stack, end, loop);
    return placeCarry(loop, index, end);
  }
  auto result = cast<OpResult>(value);
  if (auto loop = dyn_cast<LoopOp>(result.getOwner())) {
    unsigned index = result.getResultNumber();
    if (isPipelined(loop))
      return success(); // it gives its carries back where it does
    if (index < loop.getInits().size())
      return placeCarry(loop, index, end);
    return place(loop.yield().getStacks()[index - loop.getInits().size()], end,
                 loop);
  }
  if (isa<ParamOp, StateOp>(result.getOwner())) {
    StringRef name = cast<StringAttr>(result.getOwner()->getAttr("name"));
    auto [it, fresh] = stateEnds.try_emplace(name, end);
    return fresh || it->second == end
               ? success()
               : conflict(value, it->second, result.getOwner());
  }
  return placeOp(result.getOwner(), end);
}

/// What a value's place means for an op that reads it.
LogicalResult Placement::placeUse(OpOperand &use, End end) {
  Operation *op = use.getOwner();
  for (auto loop = op->getParentOfType<LoopOp>(); loop;
       loop = loop->getParentOfType<LoopOp>())
    if (isPipelined(loop))
      return op->emitOpError()
             << "is in the " << plan.dim << " of all stages of '"
             << plan.axis.getValue() << "' and reads %" << valueName(use.get())
             << ", which is at(" << endText(end) << "); carry it through the "
             << plan.dim << ", or give each of them its own";
  if (auto yield = dyn_cast<YieldOp>(op)) {
    auto loop = cast<LoopOp>(yield->getParentOp());
    unsigned index = use.getOperandNumber();
    if (index < loop.getInits().size())
      return isPipelined(loop) ? success() : placeCarry(loop, index, end);
    return place(loop.getStacks()[index - loop.getInits().size()], end, loop);
  }
  if (auto loop = dyn_cast<LoopOp>(op)) {
    unsigned index = use.getOperandNumber();
    if (isPipelined(loop)) {
      End from = loop.getReverse() ? End::Last : End::First;
      return index >= loop.getInits().size() || from == end
                 ? success()
                 : conflict(use.get(), from, loop);
    }
    if (index < loop.getInits().size())
      return placeCarry(loop, index, end);
    return place(loop.slices()[index - loop.getInits().size()], end, loop);
  }
  if (auto update = dyn_cast<UpdateOp>(op)) {
    WalkResult result = program.walk([&](Operation *read) -> WalkResult {
      return isa<ParamOp, StateOp>(read) &&
                     read->getAttr("name") == update.getNameAttr()
                 ? WalkResult(place(read->getResult(0), end, update))
                 : WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }
  // Reshards come before it or behind it.
  if (op->hasTrait<flm::OpTrait::KnownToAllStages>())
    return success();
  for (Value result : op->getResults())
    if (auto it = ends.find(result); it != ends.end() && it->second != end)
      return conflict(use.get(), it->second, op);
  return placeOp(op, end);
}

LogicalResult Placement::run() {
  ownFills();
  SmallVector<LoopOp> loops;
  program.walk([&](LoopOp loop) {
    if (isPipelined(loop))
      loops.push_back(loop);
  });
  if (loops.empty())
    return success();
  if (failed(checkPipelinedLoops(program, loops, plan)))
    return failure();
  for (LoopOp loop : loops) {
    End from = loop.getReverse() ? End::Last : End::First,
        to = loop.getReverse() ? End::First : End::Last;
    for (auto [init, final] : llvm::zip(loop.getInits(), loop.getFinals()))
      if (failed(place(init, from, loop)) || failed(place(final, to, loop)))
        return failure();
  }
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    End end = ends[value];
    if (failed(placeProducer(value, end)))
      return failure();
    for (OpOperand &use : value.getUses())
      if (failed(placeUse(use, end)))
        return failure();
  }
  setTypes();
  insertReshards();
  return success();
}

/// Whatever has the pipelined dim is split along it; what was placed is there.
void Placement::setTypes() {
  auto state = [&](AxisStateKind kind, StringRef argument) {
    return AxisStateAttr::get(program.getContext(), plan.axis, kind,
                              StringAttr::get(program.getContext(), argument));
  };
  auto set = [&](Value value) {
    NamedTensorType type = typeOf(value);
    auto end = ends.find(value);
    if (end != ends.end())
      value.setType(withState(type, plan.axis,
                              state(AxisStateKind::At, endText(end->second))));
    else if (canSplit(type, plan.dim))
      value.setType(
          withState(type, plan.axis, state(AxisStateKind::Split, plan.dim)));
  };
  for (BlockArgument argument : program.body()->getArguments())
    set(argument);
  program.walk([&](Operation *op) {
    for (Value result : op->getResults())
      set(result);
    auto loop = dyn_cast<LoopOp>(op);
    if (!loop)
      return;
    for (BlockArgument argument : loop.body()->getArguments())
      set(argument);
    if (isPipelined(loop))
      loop.setAxisAttr(plan.axis);
  });
}

/// `value`, replicated over the axis.
Value Placement::everywhere(OpBuilder &builder, Value value) {
  AxisStateAttr state = stateOn(typeOf(value), plan.axis);
  if (!state)
    return value;
  MLIRContext *context = builder.getContext();
  Location loc = derivedFrom(value, "", "_everywhere");
  if (state.getKind() == AxisStateKind::At) {
    auto partial =
        AxisStateAttr::get(context, plan.axis, AxisStateKind::Partial,
                           StringAttr::get(context, "sum"));
    value = ReshardOp::create(builder, derivedFrom(value, "", "_masked"),
                              withState(typeOf(value), plan.axis, partial),
                              value, IntegerAttr(), IntegerAttr());
  }
  return ReshardOp::create(builder, loc,
                           withState(typeOf(value), plan.axis, {}), value,
                           IntegerAttr(), IntegerAttr());
}

void Placement::insertReshards() {
  SmallVector<Operation *> ops;
  program.walk([&](Operation *op) {
    if (op->hasTrait<flm::OpTrait::KnownToAllStages>())
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    OpBuilder builder(op);
    if (op->hasTrait<flm::OpTrait::SumsParts>()) {
      // The sum of a split tensor is a term of the sum.
      Value sum = op->getResult(0);
      AxisStateAttr state = stateOn(typeOf(op->getOperand(0)), plan.axis);
      if (!state)
        continue;
      if (state.getKind() == AxisStateKind::Split)
        state = AxisStateAttr::get(
            builder.getContext(), plan.axis, AxisStateKind::Partial,
            StringAttr::get(builder.getContext(), "sum"));
      sum.setType(withState(typeOf(sum), plan.axis, state));
      builder.setInsertionPointAfter(op);
      Value whole = everywhere(builder, sum);
      sum.replaceUsesWithIf(whole, [&](OpOperand &use) {
        return !isa<ReshardOp>(use.getOwner());
      });
      continue;
    }
    llvm::SmallDenseMap<Value, Value> done;
    for (OpOperand &operand : op->getOpOperands()) {
      Value &whole = done[operand.get()];
      if (!whole)
        whole = everywhere(builder, operand.get());
      operand.set(whole);
    }
  }
}

struct PlaceStages : flm::impl::PlaceStagesBase<PlaceStages> {
  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::shard, Stage::shard)))
      return signalPassFailure();
    FailureOr<PipelinePlan> plan = pipelinePlanOf(getOperation());
    if (failed(plan))
      return signalPassFailure();
    if (plan->stages == 1)
      return;
    // What @train_step updates decides where the other programs find it.
    llvm::StringMap<End> ends;
    for (ProgramOp program : getOperation().getOps<ProgramOp>()) {
      if (program.getSymName() == "init")
        continue; // carried out by the runtime, on whole tensors
      Placement placement(program, *plan);
      placement.stateEnds = ends;
      if (failed(placement.run()))
        return signalPassFailure();
      ends = placement.stateEnds;
    }
  }
};

} // namespace
