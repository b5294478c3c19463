//===----------------------------------------------------------------------===//
// Loops, index arithmetic and vector memory access of a kernel.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flm::cpu;

Index Index::operator+(Index other) const {
  return {*builder,
          builder->createOrFold<arith::AddIOp>(ssaValue, other.ssaValue)};
}
Index Index::operator-(Index other) const {
  return {*builder,
          builder->createOrFold<arith::SubIOp>(ssaValue, other.ssaValue)};
}
Index Index::operator*(Index other) const {
  return {*builder,
          builder->createOrFold<arith::MulIOp>(ssaValue, other.ssaValue)};
}
Index Index::operator/(Index other) const {
  return {*builder,
          builder->createOrFold<arith::DivUIOp>(ssaValue, other.ssaValue)};
}
Index Index::operator%(Index other) const {
  return {*builder,
          builder->createOrFold<arith::RemUIOp>(ssaValue, other.ssaValue)};
}
Index Index::operator+(int64_t other) const {
  return other ? *this + builder->index(other) : *this;
}
Index Index::operator-(int64_t other) const {
  return other ? *this - builder->index(other) : *this;
}
Index Index::operator*(int64_t other) const {
  return *this * builder->index(other);
}
Index Index::operator/(int64_t other) const {
  return *this / builder->index(other);
}
Index Index::operator%(int64_t other) const {
  return *this % builder->index(other);
}
Value Index::operator<(Index other) const {
  return arith::CmpIOp::create(*builder, arith::CmpIPredicate::ult, ssaValue,
                               other.ssaValue);
}
Value Index::operator==(Index other) const {
  return arith::CmpIOp::create(*builder, arith::CmpIPredicate::eq, ssaValue,
                               other.ssaValue);
}

func::FuncOp KernelBuilder::beginKernel(StringRef symbol,
                                        ArrayRef<Type> operands) {
  SmallVector<Type> inputs(operands);
  inputs.push_back(MemRefType::get({ShapedType::kDynamic}, getI8Type()));
  inputs.push_back(getIndexType());
  auto function =
      func::FuncOp::create(*this, symbol, getFunctionType(inputs, {}));
  function.setPrivate();
  Block *body = function.addEntryBlock();
  setInsertionPointToEnd(body);
  setInsertionPoint(func::ReturnOp::create(*this));
  return function;
}

Index KernelBuilder::index(int64_t constant) {
  return {*this, arith::ConstantIndexOp::create(*this, constant)};
}

Index KernelBuilder::min(Index a, Index b) {
  return {*this, createOrFold<arith::MinUIOp>(a.value(), b.value())};
}

void KernelBuilder::loop(Index from, Index to, int64_t step,
                         function_ref<void(Index)> body) {
  loop(from, to, step, ValueRange(), [&](Index i, ValueRange) {
    body(i);
    return SmallVector<Value>();
  });
}

SmallVector<Value>
KernelBuilder::loop(Index from, Index to, int64_t step, ValueRange initial,
                    function_ref<SmallVector<Value>(Index, ValueRange)> body) {
  return forLoop(
      from.value(), to.value(), index(step).value(), initial,
      [&](Value i, ValueRange carried) { return body({*this, i}, carried); });
}

static SmallVector<Value> values(ArrayRef<Index> indices) {
  return llvm::map_to_vector(indices, [](Index i) { return i.value(); });
}

/// The first `valid` of `lanes` lanes.
static Value prefixMask(KernelBuilder &k, int64_t lanes, int64_t valid) {
  return vector::ConstantMaskOp::create(
      k, VectorType::get({lanes}, k.getI1Type()), ArrayRef<int64_t>{valid});
}

Value KernelBuilder::loadScalar(Value memref, ArrayRef<Index> indices) {
  return memref::LoadOp::create(*this, memref, values(indices));
}

Value KernelBuilder::load(Value memref, ArrayRef<Index> indices, int64_t lanes,
                          int64_t valid) {
  auto type = VectorType::get(
      {lanes}, cast<MemRefType>(memref.getType()).getElementType());
  if (valid == 0)
    return zero(type);
  if (valid == lanes)
    return vector::LoadOp::create(*this, type, memref, values(indices));
  return vector::MaskedLoadOp::create(*this, type, memref, values(indices),
                                      prefixMask(*this, lanes, valid),
                                      zero(type));
}

void KernelBuilder::store(Value vector, Value memref, ArrayRef<Index> indices,
                          int64_t valid) {
  int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  if (valid == lanes)
    vector::StoreOp::create(*this, vector, memref, values(indices));
  else
    vector::MaskedStoreOp::create(*this, memref, values(indices),
                                  prefixMask(*this, lanes, valid), vector);
}

void KernelBuilder::store(Value vector, Value memref, ArrayRef<Index> indices) {
  store(vector, memref, indices,
        cast<VectorType>(vector.getType()).getNumElements());
}

void KernelBuilder::prefetchForWrite(Value memref, ArrayRef<Index> indices) {
  memref::PrefetchOp::create(*this, memref, values(indices), /*isWrite=*/true,
                             /*localityHint=*/3, /*isDataCache=*/true);
}

Value KernelBuilder::broadcast(Value scalar, int64_t lanes) {
  return vector::BroadcastOp::create(
      *this, VectorType::get({lanes}, scalar.getType()), scalar);
}

Value KernelBuilder::zero(Type type) {
  return arith::ConstantOp::create(*this, getZeroAttr(type));
}

Value KernelBuilder::workspaceView(Value workspace, int64_t offset,
                                   ArrayRef<int64_t> shape, Type elementType) {
  return memref::ViewOp::create(*this, MemRefType::get(shape, elementType),
                                workspace, index(offset).value(), ValueRange());
}

/// Interleaves runs of `unit` elements of the low (or high) halves of each
/// 16-byte group of `a` and `b`: unpcklps, unpckhpd and so on.
static Value unpack(KernelBuilder &k, Value a, Value b, int64_t group,
                    int64_t unit, bool high) {
  int64_t lanes = cast<VectorType>(a.getType()).getNumElements();
  SmallVector<int64_t> picks;
  for (int64_t base = 0; base < lanes; base += group)
    for (int64_t run = 0; run < group / 2; run += unit)
      for (int64_t from : {int64_t(0), lanes})
        for (int64_t i = 0; i < unit; ++i)
          picks.push_back(from + base + (high ? group / 2 : 0) + run + i);
  return vector::ShuffleOp::create(k, a, b, picks);
}

/// The even (or odd) 16-byte groups of `a`, then those of `b`: vperm2f128,
/// vshuff32x4.
static Value everyOtherGroup(KernelBuilder &k, Value a, Value b, int64_t group,
                             bool odd) {
  int64_t lanes = cast<VectorType>(a.getType()).getNumElements();
  SmallVector<int64_t> picks;
  for (int64_t from : {int64_t(0), lanes})
    for (int64_t base = odd ? group : 0; base < lanes; base += 2 * group)
      for (int64_t i = 0; i < group; ++i)
        picks.push_back(from + base + i);
  return vector::ShuffleOp::create(k, a, b, picks);
}

SmallVector<Value> KernelBuilder::transpose(ArrayRef<Value> rows) {
  auto type = cast<VectorType>(rows.front().getType());
  int64_t lanes = type.getNumElements();
  assert(static_cast<int64_t>(rows.size()) == lanes && "a square block");
  // Shuffles across 16-byte groups cost more: transpose inside them first.
  int64_t group = std::min<int64_t>(lanes, 128 / type.getElementTypeBitWidth());

  SmallVector<Value> current(rows);
  for (int64_t unit = 1; unit < group; unit *= 2) {
    SmallVector<Value> next(lanes);
    for (int64_t first = 0; first < lanes; first += group)
      for (int64_t block = 0; block < group; block += 2 * unit)
        for (int64_t i = 0; i < unit; ++i) {
          Value a = current[first + block + i];
          Value b = current[first + block + i + unit];
          next[first + block + 2 * i] = unpack(*this, a, b, group, unit, false);
          next[first + block + 2 * i + 1] =
              unpack(*this, a, b, group, unit, true);
        }
    current = std::move(next);
  }

  // current[g * group + c]: in each group L, column L * group + c of the rows
  // g * group …. Collect the groups of one column into one vector.
  SmallVector<Value> columns(lanes);
  for (int64_t c = 0; c < group; ++c) {
    // parts[s * width + g] holds, after `log2(step)` rounds, the groups whose
    // number is s modulo step.
    SmallVector<Value> parts;
    for (int64_t g = 0; g < lanes / group; ++g)
      parts.push_back(current[g * group + c]);
    int64_t width = parts.size();
    for (int64_t step = 1; width > 1; step *= 2, width /= 2) {
      SmallVector<Value> next(parts.size());
      for (int64_t s = 0; s < step; ++s)
        for (int64_t g = 0; g < width; g += 2)
          for (int64_t odd : {0, 1})
            next[(s + odd * step) * (width / 2) + g / 2] =
                everyOtherGroup(*this, parts[s * width + g],
                                parts[s * width + g + 1], group, odd);
      parts = std::move(next);
    }
    for (auto [g, part] : llvm::enumerate(parts))
      columns[g * group + c] = part;
  }
  return columns;
}
