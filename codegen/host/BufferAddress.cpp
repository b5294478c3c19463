//===----------------------------------------------------------------------===//
// Where the bytes of a buffer are when a host function runs.
//===----------------------------------------------------------------------===//
#include "codegen/host/BufferAddress.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace flm;

/// The argument of `function` that points to the arena of `buffer`.
static Value arenaOf(func::FuncOp function, BufferAttr buffer) {
  switch (buffer.getArena()) {
  case Arena::State:
    return function.getArgument(0);
  case Arena::Scratch:
    return function.getArgument(1);
  case Arena::Argument:
    return function.getArgument(2 + static_cast<unsigned>(buffer.getIndex()));
  case Arena::Result:
    return function.getArguments().back();
  }
  llvm_unreachable("all arenas are handled");
}

LogicalResult flm::checkAddresses(Operation *op, ArrayRef<BufferAttr> buffers,
                                  ValueRange slots) {
  auto function = op->getParentOfType<func::FuncOp>();
  if (!function || function.getNumArguments() < 3 ||
      !llvm::all_of(function.getArgumentTypes(),
                    llvm::IsaPred<LLVM::LLVMPointerType>))
    return op->emitOpError("must stand in a host function, whose arguments are "
                           "pointers to the arenas, the program's arguments "
                           "and its results; flm-lower-programs makes one");
  int64_t taken = static_cast<int64_t>(function.getNumArguments()) - 3;
  for (BufferAttr buffer : buffers) {
    if (buffer.getArena() == Arena::Argument && buffer.getIndex() >= taken)
      return op->emitOpError()
             << "has the buffer " << buffer << ", and its program takes "
             << taken << " arguments";
    if (buffer.getStrides().size() > slots.size())
      return op->emitOpError()
             << "has the buffer " << buffer << " and " << slots.size()
             << " slots; expected one for each stride";
  }
  return success();
}

Value flm::addressOf(OpBuilder &builder, Operation *op, BufferAttr buffer,
                     ValueRange slots) {
  Location loc = op->getLoc();
  Type i64 = builder.getI64Type();
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
  return LLVM::GEPOp::create(
      builder, loc, LLVM::LLVMPointerType::get(builder.getContext()),
      builder.getI8Type(), arenaOf(op->getParentOfType<func::FuncOp>(), buffer),
      ArrayRef<LLVM::GEPArg>{offset});
}
