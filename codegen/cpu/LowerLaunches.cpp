//===----------------------------------------------------------------------===//
// Turns launches into calls of the parallel loop.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/CpuKernel.h"
#include "codegen/cpu/Passes.h"
#include "codegen/host/BufferAddress.h"
#include "codegen/host/RuntimeCall.h"

namespace flm::cpu {
#define GEN_PASS_DEF_LOWERLAUNCHES
#include "codegen/cpu/Passes.h.inc"
} // namespace flm::cpu

using namespace mlir;
using namespace flm;

namespace {

struct LowerLaunches : flm::cpu::impl::LowerLaunchesBase<LowerLaunches> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (failed(lowerIn(function, symbols)))
        return signalPassFailure();
  }

private:
  static LogicalResult lowerIn(func::FuncOp function,
                               const SymbolTable &symbols);
  static LogicalResult lower(LaunchOp launch, Value argumentArray,
                             const SymbolTable &symbols);
};

/// An array of pointers that is as long as the longest of `launches` needs,
/// where `function` begins.
Value argumentArray(func::FuncOp function, ArrayRef<LaunchOp> launches) {
  size_t longest = 0;
  for (LaunchOp launch : launches)
    longest = std::max<size_t>(longest, launch.getBuffers().size());
  Block &entry = function.getBody().front();
  OpBuilder builder(&entry, entry.begin());
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value count = LLVM::ConstantOp::create(
      builder, function.getLoc(), builder.getI64Type(),
      builder.getI64IntegerAttr(static_cast<int64_t>(longest)));
  return LLVM::AllocaOp::create(builder, function.getLoc(), pointer, pointer,
                                count);
}

LogicalResult LowerLaunches::lowerIn(func::FuncOp function,
                                     const SymbolTable &symbols) {
  SmallVector<LaunchOp> launches;
  function.walk([&](LaunchOp launch) { launches.push_back(launch); });
  if (launches.empty())
    return success();
  // Calls wait for their tasks, so all of them share one argument array.
  Value array = argumentArray(function, launches);
  for (LaunchOp launch : launches)
    if (failed(lower(launch, array, symbols)))
      return failure();
  return success();
}

LogicalResult LowerLaunches::lower(LaunchOp launch, Value argumentArray,
                                   const SymbolTable &symbols) {
  auto kernel = symbols.lookup<func::FuncOp>(launch.getKernel());
  auto tasks =
      kernel ? kernel->getAttrOfType<IntegerAttr>(cpu::kTasks) : IntegerAttr();
  if (!tasks)
    return launch.emitOpError()
           << "launches '" << launch.getKernel()
           << "', which is no kernel of the CPU (a func.func with "
           << cpu::kTasks << ")";
  auto buffers = llvm::to_vector(launch.getBuffers().getAsRange<BufferAttr>());
  if (failed(checkAddresses(launch, buffers, launch.getSlots())))
    return failure();
  OpBuilder builder(launch);
  Location loc = launch.getLoc();
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Type i64 = builder.getI64Type();
  for (auto [index, attribute] : llvm::enumerate(launch.getBuffers())) {
    Value at = LLVM::GEPOp::create(
        builder, loc, pointer, pointer, argumentArray,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    LLVM::StoreOp::create(builder, loc,
                          addressOf(builder, launch,
                                    cast<BufferAttr>(attribute),
                                    launch.getSlots()),
                          at);
  }
  LLVM::LLVMFuncOp task = declareFunction(
      launch, (launch.getKernel() + ".task").str(), {pointer, i64, pointer});
  Value entry = LLVM::AddressOfOp::create(builder, loc, task);
  Value count = LLVM::ConstantOp::create(builder, loc, i64, tasks);
  callRuntime(builder, launch, "flm_parallel_for",
              {entry, argumentArray, count});
  launch.erase();
  return success();
}

} // namespace
