//===----------------------------------------------------------------------===//
// The pass: kernels out of their module, ops to calls, memory checked,
// wrappers.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/Passes.h"
#include "codegen/gpu/emulator/RuntimeCalls.h"
#include "codegen/gpu/target/Passes.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace flm::gpu {
#define GEN_PASS_DEF_EMULATEDEVICE
#include "codegen/gpu/emulator/Passes.h.inc"
} // namespace flm::gpu

using namespace mlir;
using namespace flm::gpu;

/// Address spaces of PTX as LLVM numbers them.
static constexpr unsigned globalSpace = 1, sharedSpace = 3;

static unsigned addressSpace(Value pointer) {
  return cast<LLVM::LLVMPointerType>(pointer.getType()).getAddressSpace();
}

/// Calls the check of an access before it.
template <typename AccessOp>
static LogicalResult checkAccess(ModuleOp module, AccessOp op, Type type,
                                 bool write) {
  unsigned space = addressSpace(op.getAddr());
  if (space != globalSpace && space != sharedSpace)
    return op.emitError()
           << "the emulator checks accesses to global and to the "
              "block's own shared memory (address spaces 1 and "
              "3), not to address space "
           << space;
  if (op.getOrdering() != LLVM::AtomicOrdering::not_atomic)
    return op.emitError("the emulator does not model atomic accesses");
  RuntimeCalls calls(module, op);
  int64_t bytes = DataLayout::closest(op).getTypeSize(type).getFixedValue();
  int64_t alignment = op.getAlignment().value_or(bytes);
  calls.call(space == globalSpace ? "check_global" : "check_shared", Type(),
             {calls.host(op.getAddr()), calls.i64(bytes), calls.i64(alignment),
              calls.i32(write)});
  return success();
}

/// Whether the op touches memory in a way that would go unchecked: anything
/// but loads, stores and device ops.
static bool isUnchecked(Operation *op) {
  return op->getNumRegions() == 0 && !op->hasTrait<OpTrait::IsTerminator>() &&
         !isMemoryEffectFree(op) && !isa<LLVM::GlobalOp>(op);
}

/// Whether the op does something that only a GPU can.
static bool isDeviceOp(Operation *op) {
  if (auto intrinsic = dyn_cast<LLVM::CallIntrinsicOp>(op))
    return intrinsic.getIntrin().starts_with("llvm.nvvm.");
  return isa<NVVM::NVVMDialect, FlmGpuDialect>(op->getDialect());
}

/// @k.emulated(!llvm.ptr): the arguments are pointed to one by one; a tensor
/// map is passed as it lies there.
static void addWrapper(ModuleOp module, LLVM::LLVMFuncOp kernel,
                       ArrayRef<bool> byValue) {
  auto builder =
      ImplicitLocOpBuilder::atBlockEnd(kernel.getLoc(), module.getBody());
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(module.getContext()), {pointer});
  auto wrapper = LLVM::LLVMFuncOp::create(
      builder, (kernel.getSymName() + emulatedSuffix).str(), type);
  Block *body = wrapper.addEntryBlock(builder);
  builder.setInsertionPointToStart(body);
  SmallVector<Value> arguments;
  for (auto [i, argument] : llvm::enumerate(kernel.getArgumentTypes())) {
    Value slot =
        LLVM::GEPOp::create(builder, pointer, pointer, body->getArgument(0),
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
    Value address = LLVM::LoadOp::create(builder, pointer, slot);
    arguments.push_back(byValue[i]
                            ? address
                            : LLVM::LoadOp::create(builder, argument, address));
  }
  LLVM::CallOp::create(builder, kernel, arguments);
  LLVM::ReturnOp::create(builder, ValueRange());
}

namespace {

struct EmulateDevice : flm::gpu::impl::EmulateDeviceBase<EmulateDevice> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    module->removeAttr(mlir::gpu::GPUDialect::getContainerModuleAttrName());
    for (auto device :
         llvm::make_early_inc_range(module.getOps<mlir::gpu::GPUModuleOp>())) {
      if (failed(emulateModule(device)))
        return signalPassFailure();
      for (Operation &op : llvm::make_early_inc_range(*device.getBody()))
        op.moveBefore(device);
      device.erase();
    }
    for (auto function :
         llvm::make_early_inc_range(module.getOps<LLVM::LLVMFuncOp>()))
      if (function->hasAttr(NVVM::NVVMDialect::getKernelFuncAttrName()))
        makeHostFunction(function);
  }

  LogicalResult emulateModule(mlir::gpu::GPUModuleOp device) {
    ModuleOp module = getOperation();
    SmallVector<Operation *> deviceOps;
    if (failed(checkAccesses(device, deviceOps)) ||
        failed(emulateWgmma(module, device)))
      return failure();
    for (Operation *op : deviceOps)
      if (failed(emulateDeviceOp(module, op)))
        return failure();
    replaceSharedMemory(device);
    return success();
  }

  /// Checks accesses before they happen; lists the ops to replace. (The buffers
  /// of wgmma, which come later, are the host's.)
  LogicalResult checkAccesses(mlir::gpu::GPUModuleOp device,
                              SmallVectorImpl<Operation *> &deviceOps) {
    ModuleOp module = getOperation();
    WalkResult result = device->walk([&](Operation *op) {
      if (auto load = dyn_cast<LLVM::LoadOp>(op))
        return WalkResult(
            checkAccess(module, load, load.getType(), /*write=*/false));
      if (auto store = dyn_cast<LLVM::StoreOp>(op))
        return WalkResult(checkAccess(module, store, store.getValue().getType(),
                                      /*write=*/true));
      if (isDeviceOp(op)) {
        // EmulateWgmma.cpp's.
        if (!isa<WgmmaOp>(op))
          deviceOps.push_back(op);
      } else if (isUnchecked(op)) {
        op->emitError("the emulator does not know what this op does to memory");
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  /// The variable in shared memory is dynamic: it begins where the block's
  /// memory does.
  void replaceSharedMemory(mlir::gpu::GPUModuleOp device) {
    device->walk([&](LLVM::AddressOfOp op) {
      if (addressSpace(op.getRes()) != sharedSpace)
        return;
      RuntimeCalls calls(getOperation(), op);
      Value base = calls.callPlain("shared_base", calls.pointerType(), {});
      op.getRes().replaceAllUsesWith(
          LLVM::AddrSpaceCastOp::create(calls, op.getRes().getType(), base));
      op.erase();
    });
    for (auto global :
         llvm::make_early_inc_range(device.getOps<LLVM::GlobalOp>()))
      if (global.getAddrSpace() == sharedSpace)
        global.erase();
  }

  void makeHostFunction(LLVM::LLVMFuncOp kernel) {
    SmallVector<bool> byValue;
    for (unsigned i : llvm::seq(kernel.getNumArguments())) {
      byValue.push_back(static_cast<bool>(
          kernel.getArgAttr(i, LLVM::LLVMDialect::getByValAttrName())));
      kernel.setArgAttrs(i, DictionaryAttr::get(&getContext()));
    }
    for (NamedAttribute attr : llvm::to_vector(kernel->getDiscardableAttrs()))
      kernel->removeDiscardableAttr(attr.getName());
    addWrapper(getOperation(), kernel, byValue);
  }
};

} // namespace

void flm::gpu::buildEmulationPipeline(OpPassManager &pm) {
  pm.addPass(createEmulateDevice());
  addStructuredToLLVM(pm);
  pm.addPass(createCSEPass());
}
