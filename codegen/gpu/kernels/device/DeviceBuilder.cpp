//===----------------------------------------------------------------------===//
// Kernels, integers, control flow and memory access under construction.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/device/DeviceBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace flm::gpu;

/// Address spaces of PTX as LLVM numbers them.
static constexpr unsigned sharedSpace = 3;

static constexpr StringLiteral sharedSymbol = "shared";
/// Of the 128-byte swizzle: eight rows of 128 bytes.
static constexpr int64_t sharedAlignment = 1024;

#define FLM_I32_OPERATOR(symbol, Op)                                           \
  I32 I32::operator symbol(I32 other) const {                                  \
    return {*builder, builder->createOrFold<Op>(ssaValue, other.ssaValue)};    \
  }                                                                            \
  I32 I32::operator symbol(int64_t other) const {                              \
    return *this symbol builder->constant(other);                              \
  }
FLM_I32_OPERATOR(+, arith::AddIOp)
FLM_I32_OPERATOR(-, arith::SubIOp)
FLM_I32_OPERATOR(*, arith::MulIOp)
FLM_I32_OPERATOR(/, arith::DivUIOp)
FLM_I32_OPERATOR(%, arith::RemUIOp)
FLM_I32_OPERATOR(&, arith::AndIOp)
FLM_I32_OPERATOR(^, arith::XOrIOp)
#undef FLM_I32_OPERATOR
I32 I32::operator|(I32 other) const {
  return {*builder,
          builder->createOrFold<arith::OrIOp>(ssaValue, other.ssaValue)};
}
I32 I32::operator<<(int64_t bits) const {
  return {*builder, builder->createOrFold<arith::ShLIOp>(
                        ssaValue, builder->constant(bits).value())};
}
I32 I32::operator>>(int64_t bits) const {
  return {*builder, builder->createOrFold<arith::ShRUIOp>(
                        ssaValue, builder->constant(bits).value())};
}
Value I32::operator<(I32 other) const {
  return builder->createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult,
                                              ssaValue, other.ssaValue);
}
Value I32::operator==(I32 other) const {
  return builder->createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq,
                                              ssaValue, other.ssaValue);
}
Value I32::operator<(int64_t other) const {
  return *this < builder->constant(other);
}
Value I32::operator==(int64_t other) const {
  return *this == builder->constant(other);
}

LLVM::LLVMFuncOp DeviceBuilder::beginKernel(StringRef symbol,
                                            ArrayRef<KernelArgument> arguments,
                                            LaunchAttr launch,
                                            Attribute kernel) {
  Block *module = getInsertionBlock();
  auto bytes = LLVM::LLVMArrayType::get(getI8Type(), 0);
  if (!SymbolTable::lookupSymbolIn(module->getParentOp(), sharedSymbol))
    LLVM::GlobalOp::create(*this, bytes, /*isConstant=*/false,
                           LLVM::Linkage::External, sharedSymbol, Attribute(),
                           sharedAlignment, sharedSpace, /*dsoLocal=*/true);

  SmallVector<Type> types = llvm::map_to_vector(
      arguments, [](const KernelArgument &argument) { return argument.type; });
  auto function = LLVM::LLVMFuncOp::create(
      *this, symbol,
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(getContext()),
                                  types));
  auto set = [&](StringRef name, Attribute value) {
    function->setAttr(name, value);
  };
  set(mlir::gpu::GPUDialect::getKernelFuncAttrName(), getUnitAttr());
  set(NVVM::NVVMDialect::getKernelFuncAttrName(), getUnitAttr());
  set(NVVM::NVVMDialect::getMaxntidAttrName(),
      getDenseI32ArrayAttr({static_cast<int32_t>(launch.getThreads())}));
  // Lets ptxas use every register of the multiprocessor.
  set(NVVM::NVVMDialect::getMinctasmAttrName(), getI32IntegerAttr(1));
  if (launch.getCluster() > 1)
    set(NVVM::NVVMDialect::getClusterDimAttrName(),
        getDenseI32ArrayAttr(
            {static_cast<int32_t>(launch.getCluster()), 1, 1}));
  set(launchAttrName, launch);
  set(kernelAttrName, kernel);

  for (auto [i, argument] : llvm::enumerate(arguments)) {
    if (argument.operand)
      function.setArgAttr(i, operandAttrName, argument.operand);
    if (argument.tensorMap) {
      // 128 bytes by value (CUtensorMap); `grid_constant` keeps them in
      // parameter space, where the copy engine reads them.
      function.setArgAttr(i, tensorMapAttrName, argument.tensorMap);
      auto mapType = LLVM::LLVMArrayType::get(getI8Type(), 128);
      function.setArgAttr(i, LLVM::LLVMDialect::getByValAttrName(),
                          TypeAttr::get(mapType));
      function.setArgAttr(i, NVVM::NVVMDialect::getGridConstantAttrName(),
                          getUnitAttr());
      function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                          getI64IntegerAttr(64));
    } else if (argument.operand) {
      function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                          getUnitAttr());
      function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                          getI64IntegerAttr(16));
    }
  }
  Block *body = function.addEntryBlock(*this);
  setInsertionPointToEnd(body);
  setInsertionPoint(LLVM::ReturnOp::create(*this, ValueRange()));
  return function;
}

I32 DeviceBuilder::constant(int64_t value) {
  return {*this, arith::ConstantIntOp::create(*this, value, 32)};
}
I32 DeviceBuilder::min(I32 a, I32 b) {
  return {*this, createOrFold<arith::MinUIOp>(a.value(), b.value())};
}
I32 DeviceBuilder::select(Value condition, I32 a, I32 b) {
  return {*this,
          createOrFold<arith::SelectOp>(condition, a.value(), b.value())};
}
I32 DeviceBuilder::fromBool(Value condition) {
  return {*this, createOrFold<arith::ExtUIOp>(getI32Type(), condition)};
}
I32 DeviceBuilder::opaque(I32 value) {
  return {*this, OpaqueOp::create(*this, getI32Type(), value.value())};
}
Value DeviceBuilder::f32(double value) {
  return arith::ConstantOp::create(*this, getF32FloatAttr(value));
}

I32 DeviceBuilder::threadIndex() {
  return {*this, NVVM::ThreadIdXOp::create(*this, getI32Type())};
}
I32 DeviceBuilder::blockIndex() {
  return {*this, NVVM::BlockIdXOp::create(*this, getI32Type())};
}
I32 DeviceBuilder::gridBlocks() {
  return {*this, NVVM::GridDimXOp::create(*this, getI32Type())};
}
I32 DeviceBuilder::rankInCluster() {
  return {*this, NVVM::ClusterId::create(*this, getI32Type())};
}
I32 DeviceBuilder::warpUniform(I32 value) {
  return {*this, NVVM::ShflOp::create(*this, getI32Type(), constant(-1).value(),
                                      value.value(), constant(0).value(),
                                      constant(31).value(), NVVM::ShflKind::idx,
                                      UnitAttr())};
}

void DeviceBuilder::loop(I32 from, I32 to, I32 step,
                         function_ref<void(I32)> body) {
  loop(from, to, step, ValueRange(), [&](I32 i, ValueRange) {
    body(i);
    return SmallVector<Value>();
  });
}

SmallVector<Value>
DeviceBuilder::loop(I32 from, I32 to, I32 step, ValueRange initial,
                    function_ref<SmallVector<Value>(I32, ValueRange)> body) {
  return forLoop(
      from.value(), to.value(), step.value(), initial,
      [&](Value i, ValueRange carried) { return body({*this, i}, carried); });
}

SmallVector<Value>
DeviceBuilder::choose(Value condition, function_ref<SmallVector<Value>()> then,
                      function_ref<SmallVector<Value>()> otherwise) {
  auto branch = scf::IfOp::create(
      *this, condition,
      [&](OpBuilder &, Location) { scf::YieldOp::create(*this, then()); },
      [&](OpBuilder &, Location) { scf::YieldOp::create(*this, otherwise()); });
  return branch.getResults();
}

void DeviceBuilder::spinUntil(function_ref<Value()> ready) {
  auto loop = scf::WhileOp::create(*this, TypeRange(), ValueRange());
  InsertionGuard guard(*this);
  createBlock(&loop.getBefore());
  Value done = ready();
  Value again = createOrFold<arith::XOrIOp>(
      done, arith::ConstantIntOp::create(*this, 1, 1));
  scf::ConditionOp::create(*this, again, ValueRange());
  createBlock(&loop.getAfter());
  scf::YieldOp::create(*this);
}

Value DeviceBuilder::shared(I32 offset) {
  auto pointer = LLVM::LLVMPointerType::get(getContext(), sharedSpace);
  Value base = LLVM::AddressOfOp::create(*this, pointer, sharedSymbol);
  return LLVM::GEPOp::create(*this, pointer, getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{offset.value()});
}

Value DeviceBuilder::globalElement(Value pointer, Type type, I32 row, I32 pitch,
                                   I32 column) {
  auto wide = [&](I32 value) {
    return createOrFold<arith::ExtUIOp>(getI64Type(), value.value());
  };
  Value rowStart = createOrFold<arith::MulIOp>(wide(row), wide(pitch));
  Value index = createOrFold<arith::AddIOp>(rowStart, wide(column));
  return LLVM::GEPOp::create(*this, pointer.getType(), type, pointer,
                             ArrayRef<LLVM::GEPArg>{index});
}

Value DeviceBuilder::load(Type type, Value pointer, int64_t alignment) {
  return LLVM::LoadOp::create(*this, type, pointer, alignment);
}
void DeviceBuilder::store(Value value, Value pointer, int64_t alignment) {
  LLVM::StoreOp::create(*this, value, pointer, alignment);
}

Value DeviceBuilder::pair(Value first, Value second) {
  auto type = VectorType::get({2}, first.getType());
  Value vector = LLVM::PoisonOp::create(*this, type);
  vector =
      LLVM::InsertElementOp::create(*this, vector, first, constant(0).value());
  return LLVM::InsertElementOp::create(*this, vector, second,
                                       constant(1).value());
}
Value DeviceBuilder::element(Value vector, int64_t index) {
  return LLVM::ExtractElementOp::create(*this, vector, constant(index).value());
}
I32 DeviceBuilder::packBF16(Value first, Value second) {
  auto type = VectorType::get({2}, getBF16Type());
  Value rounded = LLVM::FPTruncOp::create(*this, type, pair(first, second));
  return {*this, LLVM::BitcastOp::create(*this, getI32Type(), rounded)};
}
