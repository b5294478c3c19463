//===----------------------------------------------------------------------===//
// Turns launches and communication into calls of the runtime.
//===----------------------------------------------------------------------===//
#include "codegen/host/Passes.h"
#include "dialects/flm/Flm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace flm;

namespace flm {
#define GEN_PASS_DEF_LOWERLAUNCHES
#include "codegen/host/Passes.h.inc"
} // namespace flm

namespace {

struct LowerLaunches : flm::impl::LowerLaunchesBase<LowerLaunches> {
  void runOnOperation() override;

private:
  LLVM::LLVMFuncOp declare(StringRef name, ArrayRef<Type> inputs);
  void lower(LaunchOp launch, Value argumentArray);
  void lower(CommunicateOp communicate);
  Value address(OpBuilder &builder, Operation *op, BufferAttr buffer,
                ValueRange slots);

  Type pointer, i64;
};

LLVM::LLVMFuncOp LowerLaunches::declare(StringRef name, ArrayRef<Type> inputs) {
  ModuleOp module = getOperation();
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder builder(module.getBodyRegion());
  return LLVM::LLVMFuncOp::create(
      builder, module.getLoc(), name,
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                  inputs));
}

/// Arena base + offset + sum of slot * stride.
Value LowerLaunches::address(OpBuilder &builder, Operation *op,
                             BufferAttr buffer, ValueRange slots) {
  Location loc = op->getLoc();
  auto function = op->getParentOfType<func::FuncOp>();
  unsigned last = function.getNumArguments() - 1;
  unsigned argument = 0;
  switch (buffer.getArena()) {
  case Arena::State:
    argument = 0;
    break;
  case Arena::Scratch:
    argument = 1;
    break;
  case Arena::Argument:
    argument = 2 + static_cast<unsigned>(buffer.getIndex());
    break;
  case Arena::Result:
    argument = last;
    break;
  }
  auto constant = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(builder, loc, i64,
                                    builder.getI64IntegerAttr(value));
  };
  Value offset = constant(buffer.getOffset());
  for (auto [stride, slot] : llvm::zip(buffer.getStrides(), slots)) {
    if (!stride)
      continue;
    Value index = arith::IndexCastOp::create(builder, loc, i64, slot);
    Value step = LLVM::MulOp::create(builder, loc, index, constant(stride));
    offset = LLVM::AddOp::create(builder, loc, offset, step);
  }
  return LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(),
                             function.getArgument(argument),
                             ArrayRef<LLVM::GEPArg>{offset});
}

void LowerLaunches::lower(LaunchOp launch, Value argumentArray) {
  OpBuilder builder(launch);
  Location loc = launch.getLoc();
  for (auto [index, attribute] : llvm::enumerate(launch.getBuffers())) {
    Value at = LLVM::GEPOp::create(
        builder, loc, pointer, pointer, argumentArray,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    LLVM::StoreOp::create(builder, loc,
                          address(builder, launch, cast<BufferAttr>(attribute),
                                  launch.getSlots()),
                          at);
  }
  LLVM::LLVMFuncOp task =
      declare((launch.getKernel() + ".task").str(), {pointer, i64, pointer});
  LLVM::LLVMFuncOp parallelFor =
      declare("flm_parallel_for", {pointer, pointer, i64});
  Value entry = LLVM::AddressOfOp::create(builder, loc, task);
  Value tasks =
      LLVM::ConstantOp::create(builder, loc, i64, launch.getTasksAttr());
  LLVM::CallOp::create(builder, loc, parallelFor,
                       ValueRange{entry, argumentArray, tasks});
  launch.erase();
}

void LowerLaunches::lower(CommunicateOp communicate) {
  OpBuilder builder(communicate);
  Location loc = communicate.getLoc();
  SmallVector<Value> arguments = {
      LLVM::ConstantOp::create(builder, loc, i64, communicate.getIdAttr())};
  SmallVector<Type> types = {i64};
  StringRef callee = "flm_communicate_wait";
  if (communicate.getPhase() != CommunicationPhase::Wait) {
    callee = communicate.getPhase() == CommunicationPhase::Start
                 ? "flm_communicate_start"
                 : "flm_communicate";
    // A send has no result, a receive no operand.
    for (std::optional<BufferAttr> buffer :
         {communicate.getSource(), communicate.getTarget()})
      arguments.push_back(
          buffer
              ? address(builder, communicate, *buffer, communicate.getSlots())
              : LLVM::ZeroOp::create(builder, loc, pointer).getResult());
    types.append({pointer, pointer});
  }
  LLVM::CallOp::create(builder, loc, declare(callee, types), arguments);
  communicate.erase();
}

void LowerLaunches::runOnOperation() {
  pointer = LLVM::LLVMPointerType::get(&getContext());
  i64 = IntegerType::get(&getContext(), 64);
  for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
    SmallVector<LaunchOp> launches;
    SmallVector<CommunicateOp> communication;
    function.walk([&](Operation *op) {
      if (auto launch = dyn_cast<LaunchOp>(op))
        launches.push_back(launch);
      if (auto communicate = dyn_cast<CommunicateOp>(op))
        communication.push_back(communicate);
    });
    for (CommunicateOp communicate : communication)
      lower(communicate);
    if (launches.empty())
      continue;
    // Calls wait for their tasks, so all of them share one argument array.
    size_t longest = 0;
    for (LaunchOp launch : launches)
      longest = std::max<size_t>(longest, launch.getBuffers().size());
    OpBuilder builder(&function.getBody().front(),
                      function.getBody().front().begin());
    Value count = LLVM::ConstantOp::create(
        builder, function.getLoc(), i64,
        builder.getI64IntegerAttr(static_cast<int64_t>(longest)));
    Value array = LLVM::AllocaOp::create(builder, function.getLoc(), pointer,
                                         pointer, count);
    for (LaunchOp launch : launches)
      lower(launch, array);
  }
}

} // namespace
