//===----------------------------------------------------------------------===//
// Turns programs that are cut into pipeline stages into the program of one
// stage.
//===----------------------------------------------------------------------===//
#include "passes/contracts/StageInput.h"
#include "passes/sharding/Passes.h"

#include "dialects/flm/Pipeline.h"
#include "dialects/flm/ValueNames.h"
#include "passes/sharding/Mesh.h"
#include "passes/sharding/PipelinePlan.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_LOCALIZEPIPELINE
#include "passes/sharding/Passes.h.inc"
} // namespace flm

namespace {

class PipelineLocalizer {
public:
  PipelineLocalizer(ProgramOp program, const PipelinePlan &plan,
                    const Mesh &mesh, int64_t &nextId)
      : program(program), plan(plan), mesh(mesh), nextId(nextId) {}

  LogicalResult run();

private:
  AxisStateAttr stateOf(Value value) const {
    return stateOn(typeOf(value), plan.axis);
  }
  NamedTensorType localType(NamedTensorType type) const;

  void markPlaces();
  LogicalResult lowerReshard(ReshardOp reshard);
  LogicalResult retype();
  void lowerLoop(LoopOp loop);
  Value receive(OpBuilder &builder, Value own, bool reverse, int64_t id);
  void send(OpBuilder &builder, Value value, bool reverse, int64_t id);

  ProgramOp program;
  const PipelinePlan &plan;
  const Mesh &mesh;
  int64_t &nextId;
};

/// What one stage has of a value. Of the pipelined dim that is one block, or
/// one per chunk.
NamedTensorType PipelineLocalizer::localType(NamedTensorType type) const {
  AxisStateAttr state = stateOn(type, plan.axis);
  if (!state)
    return type;
  type = withState(type, plan.axis, {});
  if (state.getKind() != AxisStateKind::Split)
    return type;
  SmallVector<DimAttr> dims;
  MLIRContext *context = type.getContext();
  for (DimAttr dim : type.getDims()) {
    if (dim.getNames().front() != state.getArgument()) {
      dims.push_back(dim);
      continue;
    }
    if (plan.chunks > 1)
      dims.push_back(DimAttr::get(context, kStageChunkDim, plan.chunks));
    SmallVector<int64_t> sizes(dim.getSizes());
    sizes.front() /= plan.stages * plan.chunks;
    dims.push_back(DimAttr::get(context, dim.getNames(), sizes));
  }
  return NamedTensorType::get(dims, type.getElementType(), type.getStates());
}

/// Ops on values that only one stage has run there.
void PipelineLocalizer::markPlaces() {
  program.walk([&](Operation *op) {
    if (isa<LoopOp, YieldOp, ReturnOp, ProgramOp>(op))
      return;
    if (auto reshard = dyn_cast<ReshardOp>(op))
      if (reshard.getAxis() == plan.axis)
        return; // a collective of all stages
    for (ValueRange values :
         {ValueRange(op->getOperands()), ValueRange(op->getResults())})
      for (Value value : values)
        if (AxisStateAttr state = stateOf(value);
            state && state.getKind() == AxisStateKind::At)
          return op->setAttr(kAt, state);
  });
}

LogicalResult PipelineLocalizer::lowerReshard(ReshardOp reshard) {
  Collective kind = reshard.getCollective();
  AxisStateAttr from = stateOf(reshard.getX()), to = stateOf(reshard.getY());
  OpBuilder builder(reshard);
  IntegerAttr dim, at;
  StringAttr reduction;
  NamedTensorType type = typeOf(reshard.getY());
  switch (kind) {
  case Collective::AllReduce:
    reduction = from.getArgument();
    break;
  case Collective::Mask:
    at = builder.getI64IntegerAttr(
        from && from.getArgument() == "last" ? plan.stages - 1 : 0);
    break;
  case Collective::AllGather: {
    // Blocks lie one behind the other within a chunk, chunks one behind the
    // other within the tensor: the order of the layers.
    NamedTensorType part = localType(typeOf(reshard.getX()));
    SmallVector<DimAttr> dims(part.getDims());
    size_t index =
        llvm::find_if(dims,
                      [&](DimAttr d) {
                        return d.getNames().front() == from.getArgument();
                      }) -
        dims.begin();
    SmallVector<int64_t> sizes(dims[index].getSizes());
    sizes.front() *= plan.stages;
    dims[index] =
        DimAttr::get(builder.getContext(), dims[index].getNames(), sizes);
    type = NamedTensorType::get(dims, type.getElementType(), type.getStates());
    dim = builder.getI64IntegerAttr(static_cast<int64_t>(index));
    break;
  }
  default:
    return reshard.emitOpError("turns ")
           << stateText(from) << " into " << stateText(to) << " over '"
           << plan.axis.getValue()
           << "', which pipeline stages have no use for; values are split "
              "along the pipelined dim or lie at one end";
  }
  auto collective = CollectiveOp::create(
      builder, reshard.getLoc(), type,
      CollectiveAttr::get(builder.getContext(), kind), reshard.getX(),
      plan.axis, builder.getI64IntegerAttr(plan.stages),
      reshard.getIdAttr() ? reshard.getIdAttr()
                          : builder.getI64IntegerAttr(nextId++),
      reshard.getBytesAttr() ? reshard.getBytesAttr()
                             : builder.getI64IntegerAttr(0),
      dim, IntegerAttr(), IntegerAttr(), reduction, at, IntegerAttr(),
      IntegerAttr());
  reshard.getY().replaceAllUsesWith(collective.getY());
  reshard.erase();
  return success();
}

LogicalResult PipelineLocalizer::retype() {
  for (BlockArgument argument : program.body()->getArguments())
    if (stateOf(argument))
      return program.emitError()
             << "argument %" << valueName(argument) << " is "
             << stateText(stateOf(argument)) << " over '"
             << plan.axis.getValue() << "', but every rank gets all of it";
  for (Value value : program.body()->getTerminator()->getOperands())
    if (stateOf(value))
      return program.body()->getTerminator()->emitError()
             << "returns %" << valueName(value) << ", which is "
             << stateText(stateOf(value)) << " over '" << plan.axis.getValue()
             << "'; every rank returns it, so make it replicated first";
  program.walk([&](Operation *op) {
    for (Value result : op->getResults())
      result.setType(localType(typeOf(result)));
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setType(localType(typeOf(argument)));
  });
  return success();
}

/// What the stage before (in `reverse`, behind) sends; the first one takes what
/// it has itself.
Value PipelineLocalizer::receive(OpBuilder &builder, Value own, bool reverse,
                                 int64_t id) {
  auto number = [&](int64_t value) { return builder.getI64IntegerAttr(value); };
  auto op = CollectiveOp::create(
      builder, derivedFrom(own, "", "_received"), own.getType(),
      CollectiveAttr::get(builder.getContext(), Collective::Receive), own,
      plan.axis, number(plan.stages), number(id), number(0), IntegerAttr(),
      IntegerAttr(), IntegerAttr(), StringAttr(), IntegerAttr(),
      number(reverse ? -1 : 1), number(id + 1));
  setAt(op, plan.axis, reverse ? "not_last" : "not_first");
  return op.getY();
}

/// Sends to the next stage (in `reverse`, to the one before).
void PipelineLocalizer::send(OpBuilder &builder, Value value, bool reverse,
                             int64_t id) {
  auto number = [&](int64_t value) { return builder.getI64IntegerAttr(value); };
  auto op = CollectiveOp::create(
      builder, withoutName(value.getLoc()), Type(),
      CollectiveAttr::get(builder.getContext(), Collective::Send), value,
      plan.axis, number(plan.stages), number(id + 1),
      number(mesh.localBytes(typeOf(value))), IntegerAttr(), IntegerAttr(),
      IntegerAttr(), StringAttr(), IntegerAttr(), number(reverse ? -1 : 1),
      number(id));
  setAt(op, plan.axis, reverse ? "not_first" : "not_last");
}

/// Receive, the layers of this stage, send; with several chunks, that in a loop
/// over them.
void PipelineLocalizer::lowerLoop(LoopOp loop) {
  bool reverse = loop.getReverse();
  SmallVector<int64_t> sizes(loop.getOver().getSizes());
  sizes.front() /= plan.stages * plan.chunks;
  auto over = DimAttr::get(loop.getContext(), loop.getOver().getNames(), sizes);
  OpBuilder builder(loop);
  LoopOp chunks;
  ValueRange inits = loop.getInits(), stacked = loop.getStacked();
  SmallVector<Type> stackTypes(loop.getStacks().getTypes());
  if (plan.chunks > 1) {
    auto dim = DimAttr::get(loop.getContext(), kStageChunkDim, plan.chunks);
    chunks = LoopOp::create(builder, loop.getLoc(), dim, reverse, inits,
                            stacked, stackTypes);
    Block &body = chunks.getBody().emplaceBlock();
    for (auto [init, carry] : llvm::zip(inits, loop.carries()))
      body.addArgument(init.getType(), derivedFrom(carry, "", "_chunk"));
    for (auto [stack, slice] : llvm::zip(stacked, loop.slices())) {
      NamedTensorType type = typeOf(stack);
      body.addArgument(NamedTensorType::get(type.getDims().drop_front(),
                                            type.getElementType(),
                                            type.getStates()),
                       derivedFrom(slice, "", "_chunk"));
    }
    inits = chunks.carries();
    stacked = chunks.slices();
    for (Type &type : stackTypes) {
      auto tensor = cast<NamedTensorType>(type);
      type = NamedTensorType::get(tensor.getDims().drop_front(),
                                  tensor.getElementType(), tensor.getStates());
    }
    builder.setInsertionPointToEnd(&body);
  }
  SmallVector<Value> received;
  SmallVector<int64_t> ids;
  for (Value init : inits) {
    ids.push_back(nextId);
    nextId += 2;
    received.push_back(receive(builder, init, reverse, ids.back()));
  }
  auto next = LoopOp::create(builder, loop.getLoc(), over, reverse, received,
                             stacked, stackTypes);
  next.getBody().takeBody(loop.getBody());
  for (auto [final, id] : llvm::zip(next.getFinals(), ids))
    send(builder, final, reverse, id);
  if (chunks)
    YieldOp::create(builder, withoutName(loop.getLoc()), next.getFinals(),
                    next.getStacks());
  loop.replaceAllUsesWith(chunks ? chunks.getResults() : next.getResults());
  loop.erase();
}

LogicalResult PipelineLocalizer::run() {
  recordGlobalTypes(program);
  markPlaces();
  SmallVector<ReshardOp> reshards;
  program.walk([&](ReshardOp reshard) {
    if (reshard.getAxis() == plan.axis)
      reshards.push_back(reshard);
  });
  for (ReshardOp reshard : reshards)
    if (failed(lowerReshard(reshard)))
      return failure();
  if (failed(retype()))
    return failure();
  SmallVector<LoopOp> loops;
  program.walk([&](LoopOp loop) {
    if (loop.getAxisAttr() == plan.axis)
      loops.push_back(loop);
  });
  for (LoopOp loop : loops)
    lowerLoop(loop);
  return success();
}

struct LocalizePipeline : flm::impl::LocalizePipelineBase<LocalizePipeline> {
  void runOnOperation() override {
    if (failed(verifyInput(getOperation(), *this, Stage::shard, Stage::shard)))
      return signalPassFailure();
    FailureOr<PipelinePlan> plan = pipelinePlanOf(getOperation());
    if (failed(plan))
      return signalPassFailure();
    if (plan->stages == 1)
      return;
    int64_t nextId = 0;
    getOperation().walk([&](ReshardOp reshard) {
      if (reshard.getId())
        nextId = std::max<int64_t>(nextId, *reshard.getId() + 1);
    });
    Mesh mesh(getOperation());
    for (ProgramOp program : getOperation().getOps<ProgramOp>())
      if (program.getSymName() != "init" &&
          failed(PipelineLocalizer(program, *plan, mesh, nextId).run()))
        return signalPassFailure();
  }
};

} // namespace
