//===----------------------------------------------------------------------===//
// Tensors, rounding, and the checks that several ops share.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Evaluate.h"
#include "dialects/flm/Pipeline.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

static int64_t elementCount(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

Tensor::Tensor(ArrayRef<int64_t> shape, double value)
    : shape(shape), data(elementCount(shape), value) {}

Tensor::Tensor(ArrayRef<int64_t> shape, std::vector<double> data)
    : shape(shape), data(std::move(data)) {
  assert(static_cast<int64_t>(this->data.size()) == elementCount(shape) &&
         "one element per index of the shape");
}

double reference::roundToBf16(double value) {
  constexpr int kMinExponent = -126, kFractionBits = 7;
  constexpr double kLargest = 0x1.FEp127;
  if (value == 0 || !std::isfinite(value))
    return value;
  // The distance of neighbouring bf16 numbers around the value, a power of two:
  // dividing by it is exact.
  int exponent = std::max(std::ilogb(value), kMinExponent);
  double spacing = std::ldexp(1.0, exponent - kFractionBits);
  double rounded = std::nearbyint(value / spacing) * spacing;
  if (std::fabs(rounded) > kLargest)
    return std::copysign(std::numeric_limits<double>::infinity(), value);
  return rounded;
}

static double roundTo(Type elementType, double value) {
  if (elementType.isF32())
    return static_cast<float>(value);
  if (elementType.isBF16())
    return roundToBf16(value);
  return value;
}

const Tensor &Environment::operator[](Value value) const {
  auto it = values.find(value);
  assert(it != values.end() && "operands are set before their users run");
  return it->second;
}

const Tensor *Environment::find(Value value) const {
  auto it = values.find(value);
  return it == values.end() ? nullptr : &it->second;
}

std::optional<Tensor> Environment::copyOf(Value value) const {
  if (const Tensor *tensor = find(value))
    return *tensor;
  return std::nullopt;
}

void Environment::set(Value value, Tensor tensor) {
  assert(ArrayRef<int64_t>(tensor.shape) ==
             ArrayRef<int64_t>(typeOf(value).shape()) &&
         "a value has the shape of its type");
  if (options.roundResults)
    for (double &x : tensor.data)
      x = roundTo(typeOf(value).getElementType(), x);
  Tensor &stored = values[value] = std::move(tensor);
  if (options.observer)
    options.observer(value, stored);
}

void Environment::setOrErase(Value value, std::optional<Tensor> tensor) {
  if (tensor)
    set(value, std::move(*tensor));
  else
    values.erase(value);
}

double Environment::rounded(Type elementType, double value) const {
  return options.roundResults ? roundTo(elementType, value) : value;
}

int64_t Environment::indexOn(StringRef axis) const {
  return rank ? rank->grid.indexOn(rank->number, axis) : 0;
}

bool Environment::runs(Operation *op) const {
  AxisStateAttr at = atOf(op);
  if (!at || !rank)
    return true;
  StringRef axis = at.getAxis().getValue();
  return runsAt(op, {indexOn(axis), rank->grid.ranksOn(axis), chunk, chunks});
}

Tensor reference::accumulator(Value into, Value result, Environment &env) {
  return into ? env[into] : zerosFor(result);
}

Tensor reference::zerosFor(Value value) {
  return Tensor(typeOf(value).shape());
}

Tensor reference::slotOfStack(const Tensor &stack, int64_t slot) {
  ArrayRef<int64_t> shape = ArrayRef<int64_t>(stack.shape).drop_front();
  int64_t size = stack.size() / stack.shape.front();
  auto begin = stack.data.begin() + slot * size;
  return Tensor(shape, std::vector<double>(begin, begin + size));
}

void reference::storeSlotOfStack(Tensor &stack, int64_t slot,
                                 const Tensor &slice) {
  std::copy(slice.data.begin(), slice.data.end(),
            stack.data.begin() + slot * slice.size());
}

std::string reference::shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(shape, os);
  os << ']';
  return text;
}

LogicalResult reference::expectShape(Operation *op, Value value,
                                     ArrayRef<int64_t> shape, StringRef what) {
  if (ArrayRef<int64_t>(typeOf(value).shape()) == shape)
    return success();
  return op->emitOpError() << what << " has shape "
                           << shapeText(typeOf(value).shape()) << ", expected "
                           << shapeText(shape);
}

LogicalResult reference::expectIndices(Operation *op, const Tensor &indices,
                                       int64_t count, StringRef what,
                                       const Environment &env) {
  for (auto [position, index] : llvm::enumerate(indices.data)) {
    if (env.rank && index == -1)
      continue;
    if (!(index >= 0 && index < count) || index != std::floor(index)) {
      std::string found;
      llvm::raw_string_ostream(found) << llvm::format("%g", index);
      return op->emitOpError()
             << what << " #" << position << " is " << found
             << ", expected an integer from 0 to " << count - 1;
    }
  }
  return success();
}

FailureOr<int64_t> reference::classCount(Operation *op, Value logits,
                                         std::optional<DimAttr> valid) {
  int64_t entries = typeOf(logits).shape().back();
  if (!valid)
    return entries;
  int64_t classes = valid->size();
  if (classes < 1 || classes > entries)
    return op->emitOpError()
           << "has " << entries << " logits per row, of which " << classes
           << " can not be valid";
  return classes;
}

HeadLayout::HeadLayout(NamedTensorType type) {
  SmallVector<int64_t> shape = type.shape();
  positions = shape[shape.size() - 2];
  ArrayRef<int64_t> factors = type.getDims().back().getSizes();
  heads = factors[0];
  headDim = factors[1];
  batch = type.numElements() / (positions * heads * headDim);
}
