//===----------------------------------------------------------------------===//
// Host code of pipelines: which stage this rank is, and one loop over ticks.
//===----------------------------------------------------------------------===//
#include "codegen/host/HostWriter.h"

#include "codegen/buffers/BufferMap.h"
#include "codegen/host/RuntimeCall.h"
#include "dialects/flm/ValueNames.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace flm;

//===----------------------------------------------------------------------===//
// Where this rank is
//===----------------------------------------------------------------------===//

/// The number of `axis` in the manifest's mesh.
static std::optional<int64_t> axisNumber(ModuleOp module, StringAttr axis) {
  for (PlanOp plan : module.getOps<PlanOp>())
    for (auto [number, name] : llvm::enumerate(plan.getAxes()))
      if (name == axis)
        return number;
  return std::nullopt;
}

/// This rank's index on `axis`, as the runtime knows it; null if the plan has
/// no such axis.
Value HostWriter::stageOn(StringAttr axis) {
  Value &stage = stages[axis];
  if (stage)
    return stage;
  auto module = program->getParentOfType<ModuleOp>();
  std::optional<int64_t> number = axisNumber(module, axis);
  if (!number)
    return {};
  OpBuilder::InsertionGuard guard(host);
  auto function =
      host.getInsertionBlock()->getParentOp()->getParentOfType<func::FuncOp>();
  if (!function)
    function = cast<func::FuncOp>(host.getInsertionBlock()->getParentOp());
  Block &entry = function.getBody().front();
  host.setInsertionPointToStart(&entry);
  Location loc = function.getLoc();
  Value which = LLVM::ConstantOp::create(host, loc, host.getI64Type(),
                                         host.getI64IntegerAttr(*number));
  Value index =
      callRuntime(host, function, "flm_coordinate", which, host.getI64Type())
          .getResult();
  stage = arith::IndexCastOp::create(host, loc, host.getIndexType(), index);
  return stage;
}

/// Whether this rank, at this block of its layers, is where `at` says.
Value HostWriter::isAt(Location loc, AxisStateAttr at) {
  Value stage = stageOn(at.getAxis());
  if (!stage)
    return {};
  StringRef where = at.getArgument();
  bool first = where == "first" || where == "not_first";
  int64_t ranks = 1;
  for (PlanOp plan : program->getParentOfType<ModuleOp>().getOps<PlanOp>())
    ranks = plan.axisSize(at.getAxis());
  auto equals = [&](Value value, int64_t wanted) -> Value {
    return arith::CmpIOp::create(host, loc, arith::CmpIPredicate::eq, value,
                                 index(loc, wanted));
  };
  Value result = equals(stage, first ? 0 : ranks - 1);
  if (chunk)
    result = arith::AndIOp::create(host, loc, result,
                                   equals(chunk, first ? 0 : chunks - 1));
  if (where.starts_with("not_")) {
    Value yes = arith::ConstantIntOp::create(host, loc, 1, 1);
    result = arith::XOrIOp::create(host, loc, result, yes);
  }
  return result;
}

/// Ops of one place. Where they are not run, a receive gives its operand.
LogicalResult HostWriter::writeAt(ArrayRef<Operation *> run) {
  Location loc = withoutName(run.front()->getLoc());
  Value condition = isAt(loc, atOf(run.front()));
  if (!condition)
    return run.front()->emitOpError(
        "runs on some ranks only, but the plan has no such axis");
  SmallVector<CollectiveOp> copied;
  for (Operation *op : run)
    if (auto receive = dyn_cast<CollectiveOp>(op);
        receive && receive.getKind() == Collective::Receive && receive.getX() &&
        bufferOf(receive.getX()) != bufferOf(receive.getY()))
      copied.push_back(receive);
  auto branch = scf::IfOp::create(host, loc, condition,
                                  /*withElseRegion=*/!copied.empty());
  OpBuilder::InsertionGuard guard(host);
  host.setInsertionPointToStart(branch.thenBlock());
  for (Operation *op : run)
    if (failed(writeOp(op)))
      return failure();
  for (CollectiveOp receive : copied) {
    host.setInsertionPoint(branch.elseYield());
    if (failed(kernels.copy(loc, bufferOf(receive.getX()),
                            bufferOf(receive.getY()), site())))
      return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The schedule
//===----------------------------------------------------------------------===//

/// `for t in 0 .. passes + warmup { forward(t); backward(t - warmup) }`, with
/// the warm-up of this rank's stage.
LogicalResult HostWriter::writePipeline(PipelineOp pipeline) {
  Location loc = withoutName(pipeline.getLoc());
  for (auto [init, final] :
       llvm::zip(pipeline.getInits(), pipeline.getFinals()))
    if (failed(kernels.copy(loc, bufferOf(init), bufferOf(final), site())))
      return failure();
  Value stage = stageOn(pipeline.getAxisAttr());
  if (!stage)
    return pipeline.emitOpError("needs to know the rank's stage, but the plan "
                                "has no axis of stages");
  PipelineSchedule schedule = scheduleOf(pipeline);
  // As PipelineSchedule::warmup, for a stage that is known at run time.
  Value behind =
      arith::SubIOp::create(host, loc, index(loc, schedule.stages - 1), stage);
  if (schedule.chunks > 1) {
    behind = arith::MulIOp::create(host, loc, behind, index(loc, 2));
    behind = arith::AddIOp::create(
        host, loc, behind, index(loc, (schedule.chunks - 1) * schedule.stages));
  }
  Value passes = index(loc, schedule.passes());
  Value warmup = arith::MinSIOp::create(host, loc, behind, passes);
  Value ticks = arith::AddIOp::create(host, loc, passes, warmup);
  auto loop =
      scf::ForOp::create(host, loc, index(loc, 0), ticks, index(loc, 1));
  OpBuilder::InsertionGuard guard(host);
  host.setInsertionPointToStart(loop.getBody());
  return writeTick(pipeline, loop.getInductionVar(), warmup);
}

LogicalResult HostWriter::writeTick(PipelineOp pipeline, Value tick,
                                    Value warmup) {
  Location loc = withoutName(pipeline.getLoc());
  auto when = [&](arith::CmpIPredicate predicate, Value bound) {
    Value condition = arith::CmpIOp::create(host, loc, predicate, tick, bound);
    return scf::IfOp::create(host, loc, condition, /*withElseRegion=*/false);
  };
  scf::IfOp forward = when(arith::CmpIPredicate::slt,
                           index(loc, scheduleOf(pipeline).passes()));
  scf::IfOp backward = when(arith::CmpIPredicate::sge, warmup);
  OpBuilder::InsertionGuard guard(host);
  host.setInsertionPointToStart(forward.thenBlock());
  if (failed(writePass(pipeline, tick, /*forward=*/true)))
    return failure();
  host.setInsertionPointToStart(backward.thenBlock());
  Value pass = arith::SubIOp::create(host, loc, tick, warmup);
  return writePass(pipeline, pass, /*forward=*/false);
}

/// Pass number `number`: which chunk of which micro-batch that is, as
/// PipelineSchedule says, in which slot it saves, and the body.
LogicalResult HostWriter::writePass(PipelineOp pipeline, Value number,
                                    bool forward) {
  Location loc = withoutName(pipeline.getLoc());
  PipelineSchedule schedule = scheduleOf(pipeline);
  auto divide = [&](Value value, int64_t by) -> Value {
    return arith::DivUIOp::create(host, loc, value, index(loc, by));
  };
  auto modulo = [&](Value value, int64_t by) -> Value {
    return arith::RemUIOp::create(host, loc, value, index(loc, by));
  };
  Value micro = number, passChunk = index(loc, 0);
  if (schedule.chunks > 1) {
    int64_t group = schedule.stages * schedule.chunks;
    Value within = modulo(number, group);
    passChunk = divide(within, schedule.stages);
    if (!forward)
      passChunk = arith::SubIOp::create(
          host, loc, index(loc, schedule.chunks - 1), passChunk);
    Value before = arith::MulIOp::create(host, loc, divide(number, group),
                                         index(loc, schedule.stages));
    micro = arith::AddIOp::create(host, loc, before,
                                  modulo(within, schedule.stages));
  }
  Value slot = modulo(micro, pipeline.getSlots().front());
  int64_t base = 0;
  for (int64_t i = 1; i < schedule.chunks; ++i) {
    base += pipeline.getSlots()[i - 1];
    Value own = arith::AddIOp::create(
        host, loc, modulo(micro, pipeline.getSlots()[i]), index(loc, base));
    Value isThis = arith::CmpIOp::create(host, loc, arith::CmpIPredicate::eq,
                                         passChunk, index(loc, i));
    slot = arith::SelectOp::create(host, loc, isThis, own, slot);
  }
  slots.append({micro, passChunk, slot});
  Value outerChunk = chunk;
  if (schedule.chunks > 1) {
    chunk = passChunk;
    chunks = schedule.chunks;
  }
  Block &body = forward ? *pipeline.forwardBody() : *pipeline.backwardBody();
  LogicalResult result = writeBlock(body);
  if (succeeded(result))
    result = forward ? writeSaves(pipeline) : writeNextCarries(pipeline);
  chunk = outerChunk;
  slots.truncate(slots.size() - kPipelineIndices);
  return result;
}

LogicalResult HostWriter::writeSaves(PipelineOp pipeline) {
  Location loc = withoutName(pipeline.getLoc());
  for (auto [index, value] :
       llvm::enumerate(pipeline.forwardYield().getStacks()))
    if (failed(kernels.copy(loc, bufferOf(value), savedBuffer(pipeline, index),
                            site())))
      return failure();
  return success();
}

/// A carry whose next value this rank has not computed stays as it is.
LogicalResult HostWriter::writeNextCarries(PipelineOp pipeline) {
  Location loc = withoutName(pipeline.getLoc());
  for (auto [value, carry] :
       llvm::zip(pipeline.backwardYield().getCarries(), pipeline.carries())) {
    BufferAttr from = bufferOf(value), to = bufferOf(carry);
    if (from == to)
      continue;
    OpBuilder::InsertionGuard guard(host);
    Operation *def = value.getDefiningOp();
    if (AxisStateAttr at = def ? atOf(def) : AxisStateAttr()) {
      auto branch = scf::IfOp::create(host, loc, isAt(loc, at),
                                      /*withElseRegion=*/false);
      host.setInsertionPointToStart(branch.thenBlock());
    }
    if (failed(kernels.copy(loc, from, to, site())))
      return failure();
  }
  return success();
}
