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

/// Which argument of a host function is the base of `buffer`: the arenas, what
/// the program takes, what it returns.
static int64_t baseOf(BufferAttr buffer, func::FuncOp function) {
  switch (buffer.getArena()) {
  case Arena::State:
    return 0;
  case Arena::Scratch:
    return 1;
  case Arena::Argument:
    return 2 + buffer.getIndex();
  case Arena::Result:
    return static_cast<int64_t>(function.getNumArguments()) - 1;
  }
  llvm_unreachable("all arenas are named");
}

/// Whether `op`, a launch or a communication, stands in a host function that
/// has its buffers.
static LogicalResult checkHost(func::FuncOp function, Operation *op,
                               ArrayRef<BufferAttr> buffers, size_t slots) {
  int64_t arguments = function.getNumArguments();
  if (arguments < 3 || !llvm::all_of(function.getArgumentTypes(),
                                     llvm::IsaPred<LLVM::LLVMPointerType>))
    return op->emitOpError("must stand in a host function, whose arguments are "
                           "pointers to the arenas, the program's arguments "
                           "and its results; flm-lower-programs makes one");
  for (BufferAttr buffer : buffers) {
    if (baseOf(buffer, function) >=
        arguments - (buffer.getArena() == Arena::Argument))
      return op->emitOpError()
             << "has the buffer " << buffer << ", and its function "
             << arguments - 3 << " arguments of the program";
    if (buffer.getStrides().size() > slots)
      return op->emitOpError() << "has the buffer " << buffer << " and "
                               << slots << " slots; expected one per stride";
  }
  return success();
}

/// Arena base + offset + sum of slot * stride.
Value LowerLaunches::address(OpBuilder &builder, Operation *op,
                             BufferAttr buffer, ValueRange slots) {
  Location loc = op->getLoc();
  auto function = op->getParentOfType<func::FuncOp>();
  auto argument = static_cast<unsigned>(baseOf(buffer, function));
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
    WalkResult known = function.walk([&](Operation *op) -> WalkResult {
      SmallVector<BufferAttr> buffers;
      size_t slots = 0;
      if (auto launch = dyn_cast<LaunchOp>(op)) {
        launches.push_back(launch);
        llvm::append_range(buffers,
                           launch.getBuffers().getAsRange<BufferAttr>());
        slots = launch.getSlots().size();
      } else if (auto communicate = dyn_cast<CommunicateOp>(op)) {
        communication.push_back(communicate);
        for (auto buffer : {communicate.getSource(), communicate.getTarget()})
          if (buffer)
            buffers.push_back(*buffer);
        slots = communicate.getSlots().size();
      } else {
        return WalkResult::advance();
      }
      return checkHost(function, op, buffers, slots);
    });
    if (known.wasInterrupted())
      return signalPassFailure();
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
