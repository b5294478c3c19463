//===----------------------------------------------------------------------===//
// Writes the host function of one program.
//===----------------------------------------------------------------------===//
#include "codegen/host/HostWriter.h"

#include "codegen/buffers/BufferMap.h"
#include "codegen/host/Communication.h"
#include "dialects/flm/ValueNames.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace flm;

LogicalResult HostWriter::write() {
  // The runtime ABI: state, scratch, the program's arguments, its results.
  auto pointer = LLVM::LLVMPointerType::get(program.getContext());
  SmallVector<Type> inputs(program.getBody().getNumArguments() + 3, pointer);
  host.setInsertionPoint(program);
  auto function = func::FuncOp::create(host, program.getLoc(),
                                       ("flm_" + program.getSymName()).str(),
                                       host.getFunctionType(inputs, {}));
  host.setInsertionPointToStart(function.addEntryBlock());
  if (failed(writeBlock(*program.body())))
    return failure();
  func::ReturnOp::create(host, withoutName(program.getLoc()));
  return success();
}

Value HostWriter::index(Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(host, loc, value);
}

LogicalResult HostWriter::writeOp(Operation *op) {
  if (auto loop = dyn_cast<LoopOp>(op))
    return writeLoop(loop);
  if (auto pipeline = dyn_cast<PipelineOp>(op))
    return writePipeline(pipeline);
  if (auto collective = dyn_cast<CollectiveOp>(op))
    return writeCollective(collective, kernels, site());
  if (auto wait = dyn_cast<WaitOp>(op)) {
    writeWait(wait, site());
    return success();
  }
  return isa<YieldOp>(op) ? success() : kernels.launchOp(op, site());
}

LogicalResult HostWriter::writeBlock(Block &block) {
  for (auto op = block.begin(); op != block.end();) {
    AxisStateAttr at = atOf(&*op);
    if (!at || isa<ParamOp, StateOp>(*op)) {
      if (failed(writeOp(&*op++)))
        return failure();
      continue;
    }
    // Ops that run at one place, one behind the other, under one condition.
    SmallVector<Operation *> run;
    for (; op != block.end() && atOf(&*op) == at; ++op)
      run.push_back(&*op);
    if (failed(writeAt(run)))
      return failure();
  }
  return success();
}

LogicalResult HostWriter::writeLoop(LoopOp loop) {
  Location loc = withoutName(loop.getLoc());
  for (auto [init, carry] : llvm::zip(loop.getInits(), loop.carries()))
    if (failed(kernels.copy(loc, bufferOf(init), bufferOf(carry), site())))
      return failure();
  auto iterations = scf::ForOp::create(host, loc, index(loc, 0),
                                       index(loc, loop.trips()), index(loc, 1));
  OpBuilder::InsertionGuard guard(host);
  host.setInsertionPointToStart(iterations.getBody());
  Value slot = iterations.getInductionVar();
  if (loop.getReverse())
    slot = arith::SubIOp::create(host, loc, index(loc, loop.trips() - 1), slot);
  slots.push_back(slot);
  Value outerChunk = chunk;
  if (loop.getOver().hasFactor(kStageChunkDim)) {
    chunk = slot;
    chunks = loop.trips();
  }
  LogicalResult result = writeIteration(loop);
  chunk = outerChunk;
  slots.pop_back();
  return result;
}

LogicalResult HostWriter::writeIteration(LoopOp loop) {
  Location loc = withoutName(loop.getLoc());
  YieldOp yield = loop.yield();
  auto stack = [&](bool arguments) -> LogicalResult {
    for (auto [index, value] : llvm::enumerate(yield.getStacks())) {
      bool isArgument =
          isa<BlockArgument>(value) && value.getParentBlock() == loop.body();
      if (isArgument == arguments &&
          failed(kernels.copy(loc, bufferOf(value), slotBuffer(loop, index),
                              site())))
        return failure();
    }
    return success();
  };
  // A carry that is stacked is copied first: the body may overwrite it.
  if (failed(stack(/*arguments=*/true)) || failed(writeBlock(*loop.body())) ||
      failed(stack(/*arguments=*/false)))
    return failure();
  for (auto [value, carry] : llvm::zip(yield.getCarries(), loop.carries()))
    if (failed(kernels.copy(loc, bufferOf(value), bufferOf(carry), site())))
      return failure();
  return success();
}
