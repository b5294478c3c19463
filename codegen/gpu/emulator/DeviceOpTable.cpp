//===----------------------------------------------------------------------===//
// The table, and what its functions share.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/DeviceOpTable.h"
#include "codegen/gpu/emulator/Passes.h"

using namespace mlir;
using namespace flm::gpu;

LogicalResult DeviceOpCalls::replace(Value value) {
  Type type = op->getResult(0).getType();
  if (isa<LLVM::LLVMPointerType>(type) && value.getType() != type)
    value = LLVM::AddrSpaceCastOp::create(*this, type, value);
  op->getResult(0).replaceAllUsesWith(value);
  return eraseOp();
}

LogicalResult DeviceOpCalls::callAndErase(StringRef name,
                                          ArrayRef<Value> operands) {
  call(name, Type(), operands);
  return eraseOp();
}

LogicalResult DeviceOpCalls::callAndReplace(StringRef name,
                                            ArrayRef<Value> operands) {
  Type type = op->getResult(0).getType();
  // The host's pointers have no address space.
  if (isa<LLVM::LLVMPointerType>(type))
    type = pointerType();
  return replace(call(name, type, operands));
}

LogicalResult DeviceOpCalls::callAndReplaceByFlag(StringRef name,
                                                  ArrayRef<Value> operands) {
  Value flag = call(name, getI32Type(), operands);
  return replace(
      LLVM::ICmpOp::create(*this, LLVM::ICmpPredicate::ne, flag, i32(0)));
}

LogicalResult DeviceOpCalls::eraseOp() {
  op->erase();
  return success();
}

LogicalResult DeviceOpCalls::refuseIf(bool condition, const Twine &what) {
  if (condition)
    return op->emitError() << "the emulator does not model " << what
                           << " of this op";
  return success();
}

void DeviceOpTable::addIntrinsic(StringRef intrinsic, StringRef function) {
  entries[intrinsic] = [function](DeviceOpCalls &calls, Operation *op) {
    auto call = cast<LLVM::CallIntrinsicOp>(op);
    return calls.replace(
        calls.callPlain(function, calls.getF32Type(),
                        llvm::to_vector_of<Value>(call.getArgs())));
  };
}

const DeviceOpTable &DeviceOpTable::get() {
  static const DeviceOpTable table = [] {
    DeviceOpTable result;
    addThreadOps(result);
    addBarrierOps(result);
    addMBarrierOps(result);
    addCopyOps(result);
    addWarpOps(result);
    return result;
  }();
  return table;
}

LogicalResult DeviceOpTable::emulate(ModuleOp module, Operation *op) const {
  auto intrinsic = dyn_cast<LLVM::CallIntrinsicOp>(op);
  StringRef name =
      intrinsic ? intrinsic.getIntrin() : op->getName().getStringRef();
  auto found = entries.find(name);
  if (found == entries.end())
    return op->emitError() << "the emulator does not know '" << name
                           << "'; add it to DeviceOpTable.cpp and to the "
                              "runtime";
  DeviceOpCalls calls(module, op);
  return found->second(calls, op);
}

SmallVector<StringRef> DeviceOpTable::names() const {
  return llvm::to_vector(llvm::make_first_range(entries));
}

LogicalResult flm::gpu::emulateDeviceOp(ModuleOp module, Operation *op) {
  return DeviceOpTable::get().emulate(module, op);
}

SmallVector<StringRef> flm::gpu::emulatedOps() {
  SmallVector<StringRef> names = DeviceOpTable::get().names();
  // Those that are replaced elsewhere.
  llvm::append_range(names,
                     ArrayRef<StringRef>{WgmmaOp::getOperationName(),
                                         LLVM::LoadOp::getOperationName(),
                                         LLVM::StoreOp::getOperationName()});
  return names;
}
