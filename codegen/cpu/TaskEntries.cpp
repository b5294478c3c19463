//===----------------------------------------------------------------------===//
// flm-task-entries: kernels take the signature that the thread pool calls.
//
// This happens before the conversion to LLVM, because there the workspace (a
// memref of unknown size) has no bare-pointer form, and because a kernel that
// *is* its entry needs no inliner.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Passes.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace flm::cpu {
#define GEN_PASS_DEF_TASKENTRIES
#include "codegen/cpu/Passes.h.inc"
} // namespace flm::cpu

using namespace mlir;

namespace {

bool isWorkspace(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref && memref.getRank() == 1 && memref.isDynamicDim(0) &&
         memref.getElementType().isInteger(8);
}

/// Whether `function` has the signature of a kernel (see CpuKernel.h).
bool isKernel(func::FuncOp function) {
  ArrayRef<Type> inputs = function.getFunctionType().getInputs();
  return !function.isExternal() && function.getNumResults() == 0 &&
         inputs.size() >= 2 && inputs.back().isIndex() &&
         isWorkspace(inputs[inputs.size() - 2]);
}

/// Turns one kernel into its entry.
class TaskEntryBuilder {
public:
  TaskEntryBuilder(func::FuncOp kernel, const LLVMTypeConverter &types)
      : kernel(kernel), types(types), builder(kernel), loc(kernel.getLoc()) {}

  /// Fills `entry`, which has no body yet, and erases the kernel.
  LogicalResult moveTo(LLVM::LLVMFuncOp entry) {
    Block &body = kernel.getBody().front();
    unsigned operands = body.getNumArguments() - 2;
    for (BlockArgument argument : body.getArguments().take_front(operands)) {
      auto type = dyn_cast<MemRefType>(argument.getType());
      if (!type || !type.hasStaticShape())
        return kernel.emitError("operand #")
               << argument.getArgNumber() << " of kernel '"
               << kernel.getSymName() << "' has type " << argument.getType()
               << "; expected a memref with a static shape";
    }

    ArrayRef<Type> entryTypes = entry.getArgumentTypes();
    Value args = body.addArgument(entryTypes[0], loc);
    Value task = body.addArgument(entryTypes[1], loc);
    Value workspace = body.addArgument(entryTypes[2], loc);

    builder.setInsertionPointToStart(&body);
    for (unsigned i = 0; i < operands; ++i) {
      BlockArgument argument = body.getArgument(i);
      argument.replaceAllUsesWith(operand(args, i, argument.getType()));
    }
    BlockArgument memref = body.getArgument(operands);
    memref.replaceAllUsesWith(
        workspaceMemref(workspace, cast<MemRefType>(memref.getType())));
    body.getArgument(operands + 1)
        .replaceAllUsesWith(arith::IndexCastOp::create(
            builder, loc, builder.getIndexType(), task));
    body.eraseArguments(0, operands + 2);

    kernel.walk([&](func::ReturnOp op) {
      builder.setInsertionPoint(op);
      LLVM::ReturnOp::create(builder, op.getLoc(), ValueRange());
      op.erase();
    });
    entry.getBody().takeBody(kernel.getBody());
    kernel.erase();
    return success();
  }

private:
  /// Loads args[i] as a memref.
  Value operand(Value args, int32_t i, Type type) {
    auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
    Value slot = args;
    if (i)
      slot = LLVM::GEPOp::create(builder, loc, pointer, pointer, args,
                                 ArrayRef<LLVM::GEPArg>{i},
                                 LLVM::GEPNoWrapFlags::inbounds);
    Value data = LLVM::LoadOp::create(
        builder, loc, pointer, slot, /*alignment=*/0, /*isVolatile=*/false,
        /*isNonTemporal=*/false, /*isInvariant=*/true);
    return asMemref(MemRefDescriptor::fromStaticShape(
                        builder, loc, types, cast<MemRefType>(type), data),
                    type);
  }

  /// The workspace's size is not known here, and no view of it asks for it.
  Value workspaceMemref(Value data, MemRefType type) {
    auto descriptor =
        MemRefDescriptor::poison(builder, loc, types.convertType(type));
    descriptor.setAllocatedPtr(builder, loc, data);
    descriptor.setAlignedPtr(builder, loc, data);
    descriptor.setConstantOffset(builder, loc, 0);
    descriptor.setConstantSize(builder, loc, 0,
                               std::numeric_limits<int64_t>::max());
    descriptor.setConstantStride(builder, loc, 0, 1);
    return asMemref(descriptor, type);
  }

  Value asMemref(Value descriptor, Type type) {
    return UnrealizedConversionCastOp::create(builder, loc, type, descriptor)
        .getResult(0);
  }

  func::FuncOp kernel;
  const LLVMTypeConverter &types;
  OpBuilder builder;
  Location loc;
};

struct TaskEntries : flm::cpu::impl::TaskEntriesBase<TaskEntries> {
  void runOnOperation() override {
    LLVMTypeConverter types(&getContext());
    SymbolTable symbols(getOperation());
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (!isKernel(kernel))
        continue;
      FailureOr<LLVM::LLVMFuncOp> entry = entryFor(kernel, symbols);
      if (failed(entry) ||
          failed(TaskEntryBuilder(kernel, types).moveTo(*entry)))
        return signalPassFailure();
    }
  }

private:
  /// The entry that the host code declared, or a new one.
  FailureOr<LLVM::LLVMFuncOp> entryFor(func::FuncOp kernel,
                                       const SymbolTable &symbols) {
    std::string name = (kernel.getSymName() + ".task").str();
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    OpBuilder builder(kernel);
    auto type =
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                    {pointer, builder.getI64Type(), pointer});
    Operation *other = symbols.lookup(name);
    if (!other)
      return LLVM::LLVMFuncOp::create(builder, kernel.getLoc(), name, type);
    auto declared = dyn_cast<LLVM::LLVMFuncOp>(other);
    if (declared && declared.isExternal() && declared.getFunctionType() == type)
      return declared;
    return other->emitError("'")
           << name << "' is the name of the task entry of '"
           << kernel.getSymName() << "'; expected a declaration of type "
           << type << ", or another name";
  }
};

} // namespace
