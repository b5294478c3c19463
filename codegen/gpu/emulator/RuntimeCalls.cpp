//===----------------------------------------------------------------------===//
// Declarations, calls, names and buffers.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/RuntimeCalls.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

Value RuntimeCalls::callPlain(StringRef name, Type result,
                              ArrayRef<Value> operands) {
  std::string symbol = ("flm_emu_" + name).str();
  auto callee = module.lookupSymbol<LLVM::LLVMFuncOp>(symbol);
  if (!callee) {
    InsertionGuard guard(*this);
    setInsertionPointToStart(module.getBody());
    SmallVector<Type> types(ValueRange(operands).getTypes());
    Type returned = result ? result : LLVM::LLVMVoidType::get(getContext());
    callee = LLVM::LLVMFuncOp::create(
        *this, symbol, LLVM::LLVMFunctionType::get(returned, types));
  }
  auto call = LLVM::CallOp::create(*this, callee, operands);
  return result ? call.getResult() : Value();
}

Value RuntimeCalls::call(StringRef name, Type result,
                         ArrayRef<Value> operands) {
  SmallVector<Value> all(operands);
  all.push_back(where());
  return callPlain(name, result, all);
}

Value RuntimeCalls::i32(int64_t value) {
  return LLVM::ConstantOp::create(*this, getI32Type(),
                                  getI32IntegerAttr(value));
}
Value RuntimeCalls::i64(int64_t value) {
  return LLVM::ConstantOp::create(*this, getI64Type(),
                                  getI64IntegerAttr(value));
}
Type RuntimeCalls::pointerType() {
  return LLVM::LLVMPointerType::get(getContext());
}
Value RuntimeCalls::null() {
  return LLVM::ZeroOp::create(*this, pointerType());
}

Value RuntimeCalls::host(Value value) {
  Type type = value.getType();
  if (auto pointer = dyn_cast<LLVM::LLVMPointerType>(type))
    return pointer.getAddressSpace() == 0
               ? value
               : LLVM::AddrSpaceCastOp::create(*this, pointerType(), value);
  if (type.isInteger() && type.getIntOrFloatBitWidth() < 32)
    return LLVM::ZExtOp::create(*this, getI32Type(), value);
  return value;
}

Value RuntimeCalls::buffer(Type element, int64_t count) {
  InsertionGuard guard(*this);
  auto function = op->getParentOfType<LLVM::LLVMFuncOp>();
  setInsertionPointToStart(&function.getBody().front());
  return LLVM::AllocaOp::create(*this, pointerType(), element, i32(count), 16);
}

Value RuntimeCalls::element(Value buffer, Type type, int64_t index) {
  return LLVM::GEPOp::create(
      *this, pointerType(), type, buffer,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
}

Value RuntimeCalls::bufferOf(ValueRange values) {
  if (values.empty())
    return null();
  Type type = values[0].getType();
  Value array = buffer(type, values.size());
  for (auto [i, value] : llvm::enumerate(values))
    LLVM::StoreOp::create(*this, value, element(array, type, i));
  return array;
}

/// The innermost name, else file and line, else the op's name.
static std::string describe(Operation *op) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (auto name = op->getLoc()->findInstanceOf<NameLoc>()) {
    os << name.getName().getValue();
    return text;
  }
  os << op->getName();
  if (auto line = op->getLoc()->findInstanceOf<FileLineColLoc>();
      line && line.getLine() > 0)
    os << " at " << llvm::sys::path::filename(line.getFilename()) << ':'
       << line.getLine();
  return text;
}

Value RuntimeCalls::where() {
  std::string text = describe(op);
  std::string symbol = "where.";
  for (char c : text)
    symbol += llvm::isAlnum(c) ? c : '_';
  text.push_back('\0');
  LLVM::GlobalOp global;
  // Two names may become one symbol.
  for (; (global = module.lookupSymbol<LLVM::GlobalOp>(symbol)); symbol += '_')
    if (cast<StringAttr>(global.getValueAttr()).getValue() == text)
      break;
  if (!global) {
    InsertionGuard guard(*this);
    setInsertionPointToStart(module.getBody());
    auto type = LLVM::LLVMArrayType::get(getI8Type(), text.size());
    global = LLVM::GlobalOp::create(*this, type, /*isConstant=*/true,
                                    LLVM::Linkage::Private, symbol,
                                    getStringAttr(text));
  }
  return LLVM::AddressOfOp::create(*this, global);
}
