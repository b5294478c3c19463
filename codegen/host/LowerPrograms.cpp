//===----------------------------------------------------------------------===//
// Turns programs into host functions and kernels for the CPU.
//===----------------------------------------------------------------------===//
#include "codegen/host/Communication.h"
#include "codegen/host/KernelLibrary.h"
#include "codegen/host/Manifest.h"
#include "codegen/host/Passes.h"
#include "codegen/plan/BufferMap.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/ValueNames.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#define DEBUG_TYPE "flm-lower-programs"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_LOWERPROGRAMS
#include "codegen/host/Passes.h.inc"
} // namespace flm

namespace {

/// Writes the host function of one program.
class HostWriter {
public:
  HostWriter(ProgramOp program, KernelLibrary &kernels)
      : program(program), kernels(kernels), host(program) {}

  LogicalResult write();

private:
  LogicalResult writeBlock(Block &block);
  LogicalResult writeLoop(LoopOp loop);
  LogicalResult writeIteration(LoopOp loop);

  KernelLibrary::Site site() { return {host, slots}; }

  ProgramOp program;
  KernelLibrary &kernels;
  OpBuilder host;
  SmallVector<Value> slots; ///< of the loops around, outermost first
};

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

LogicalResult HostWriter::writeBlock(Block &block) {
  for (Operation &op : block) {
    if (isa<YieldOp>(op))
      continue;
    if (auto loop = dyn_cast<LoopOp>(op)) {
      if (failed(writeLoop(loop)))
        return failure();
    } else if (auto collective = dyn_cast<CollectiveOp>(op)) {
      if (failed(writeCollective(collective, kernels, site())))
        return failure();
    } else if (auto wait = dyn_cast<WaitOp>(op)) {
      writeWait(wait, site());
    } else if (failed(kernels.launchOp(&op, site()))) {
      return failure();
    }
  }
  return success();
}

LogicalResult HostWriter::writeLoop(LoopOp loop) {
  Location loc = withoutName(loop.getLoc());
  for (auto [init, carry] : llvm::zip(loop.getInits(), loop.carries()))
    if (failed(kernels.copy(loc, bufferOf(init), bufferOf(carry), site())))
      return failure();
  auto index = [&](int64_t value) {
    return arith::ConstantIndexOp::create(host, loc, value);
  };
  auto iterations =
      scf::ForOp::create(host, loc, index(0), index(loop.trips()), index(1));
  OpBuilder::InsertionGuard guard(host);
  host.setInsertionPointToStart(iterations.getBody());
  Value slot = iterations.getInductionVar();
  if (loop.getReverse())
    slot = arith::SubIOp::create(host, loc, index(loop.trips() - 1), slot);
  slots.push_back(slot);
  LogicalResult result = writeIteration(loop);
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

struct LowerPrograms : flm::impl::LowerProgramsBase<LowerPrograms> {
  using LowerProgramsBase::LowerProgramsBase;

  void runOnOperation() override {
    if (failed(lower()))
      signalPassFailure();
  }

  LogicalResult lower();
  LogicalResult checkTypes();
};

/// The CPU kernels compute in f32.
LogicalResult LowerPrograms::checkTypes() {
  for (ProgramOp program : getOperation().getOps<ProgramOp>()) {
    WalkResult result = program.walk([&](Operation *op) -> WalkResult {
      for (Type type : op->getResultTypes())
        if (auto tensor = dyn_cast<NamedTensorType>(type))
          if (!tensor.getElementType().isF32() &&
              !tensor.getElementType().isInteger(32))
            return op->emitError()
                   << "the CPU target computes in f32, this is "
                   << tensor.getElementType()
                   << "; use a recipe with precision = f32, or --set "
                      "precision=f32";
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return failure();
  }
  return success();
}

LogicalResult LowerPrograms::lower() {
  ModuleOp module = getOperation();
  llvm::Expected<cpu::CpuTarget> target = cpu::namedTarget(cpu);
  if (!target)
    return module.emitError() << llvm::toString(target.takeError());
  if (failed(checkTypes()))
    return failure();

  KernelLibrary kernels(module, *target);
  for (ProgramOp program : module.getOps<ProgramOp>())
    if (program.getSymName() != "init" &&
        failed(HostWriter(program, kernels).write()))
      return failure();

  FailureOr<std::string> manifest =
      buildManifest(module, kernels.workspaceBytes());
  if (failed(manifest))
    return failure();
  manifest->push_back('\0');
  OpBuilder builder(&getContext());
  builder.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), manifest->size());
  LLVM::GlobalOp::create(builder, builder.getUnknownLoc(), type,
                         /*isConstant=*/true, LLVM::Linkage::External,
                         "flm_manifest", builder.getStringAttr(*manifest));

  for (Operation &op : llvm::make_early_inc_range(module.getOps()))
    if (isa_and_present<FlmDialect>(op.getDialect()))
      op.erase();
  for (StringRef name : {"flm.state_bytes", "flm.scratch_bytes", "flm.tables"})
    module->removeAttr(name);
  return success();
}

} // namespace
