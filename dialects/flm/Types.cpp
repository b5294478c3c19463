//===----------------------------------------------------------------------===//
// The tensor with named dims.
//===----------------------------------------------------------------------===//
#include "dialects/flm/DimNames.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/Limits.h"
#include "dialects/flm/TypeSyntax.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm;

#define GET_TYPEDEF_CLASSES
#include "dialects/flm/FlmTypes.cpp.inc"

static SmallVector<AxisStateAttr> sortedByAxis(ArrayRef<AxisStateAttr> states) {
  SmallVector<AxisStateAttr> sorted(states);
  llvm::sort(sorted, [](AxisStateAttr a, AxisStateAttr b) {
    return a.getAxis().getValue() < b.getAxis().getValue();
  });
  return sorted;
}

NamedTensorType NamedTensorType::get(ArrayRef<DimAttr> dims,
                                     mlir::Type elementType,
                                     ArrayRef<AxisStateAttr> states) {
  return Base::get(elementType.getContext(), dims, elementType,
                   sortedByAxis(states));
}

NamedTensorType
NamedTensorType::getChecked(function_ref<InFlightDiagnostic()> emitError,
                            ArrayRef<DimAttr> dims, mlir::Type elementType,
                            ArrayRef<AxisStateAttr> states) {
  return Base::getChecked(emitError, elementType.getContext(), dims,
                          elementType, sortedByAxis(states));
}

LogicalResult
NamedTensorType::verify(function_ref<InFlightDiagnostic()> emitError,
                        ArrayRef<DimAttr> dims, mlir::Type elementType,
                        ArrayRef<AxisStateAttr> states) {
  auto text = [&] {
    std::string out;
    llvm::raw_string_ostream os(out);
    printDimList(os, dims);
    return out;
  };
  if (!isa<NoneType>(elementType) && !elementType.isBF16() &&
      !elementType.isF32() && !elementType.isF64() &&
      !elementType.isInteger(32))
    return emitError() << "element type must be i32, bf16, f32 or f64, not "
                       << elementType;
  SmallVector<int64_t> factors{
      isa<NoneType>(elementType) ? 1 : elementType.getIntOrFloatBitWidth() / 8};
  for (DimAttr dim : dims)
    if (dim.isStatic())
      factors.push_back(dim.size());
  if (!boundedProduct(factors))
    return emitError() << text()
                       << " is too large for any machine: a tensor can have "
                          "2^53 bytes";
  for (auto [index, state] : llvm::enumerate(states)) {
    StringRef axis = state.getAxis().getValue();
    if (index && states[index - 1].getAxis() == state.getAxis())
      return emitError() << "axis '" << axis << "' has two states";
    StringRef dim = state.getArgument().getValue();
    if (state.getKind() == AxisStateKind::Split && dim != "*" &&
        llvm::none_of(dims, [&](DimAttr d) { return d.hasFactor(dim); }))
      return emitError() << "split(" << dim << ") over '" << axis
                         << "' names no dim of " << text();
    // Which axis divides first would matter, and is said nowhere.
    for (AxisStateAttr other : states.take_front(index))
      if (state.getKind() == AxisStateKind::Split &&
          other.getKind() == AxisStateKind::Split && other.getArgument() == dim)
        return emitError() << "split(" << dim << ") over '" << axis
                           << "' and over '" << other.getAxis().getValue()
                           << "'; only one axis may split a dim";
  }
  return success();
}

bool NamedTensorType::isSymbolic() const {
  return llvm::any_of(getDims(), [](DimAttr dim) { return !dim.isStatic(); });
}

SmallVector<int64_t> NamedTensorType::shape() const {
  return llvm::map_to_vector(getDims(), [](DimAttr dim) { return dim.size(); });
}

int64_t NamedTensorType::numElements() const {
  int64_t count = 1;
  for (DimAttr dim : getDims()) {
    assert(dim.isStatic() && "sizes are not bound yet");
    count *= dim.size();
  }
  return count;
}

int64_t NamedTensorType::bytes() const {
  return numElements() * (getElementType().getIntOrFloatBitWidth() / 8);
}

NamedTensorType NamedTensorType::withDims(ArrayRef<DimAttr> dims) const {
  return get(dims, getElementType(), getStates());
}

NamedTensorType NamedTensorType::withElementType(mlir::Type type) const {
  return get(getDims(), type, getStates());
}

std::string NamedTensorType::dimsText() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  printDimList(os, getDims());
  return text;
}

bool flm::sameShape(mlir::Type a, mlir::Type b) {
  auto first = dyn_cast<NamedTensorType>(a),
       second = dyn_cast<NamedTensorType>(b);
  return first && second && first.sameDims(second) &&
         first.getElementType() == second.getElementType();
}

bool flm::sameShape(std::initializer_list<Value> values) {
  return llvm::all_of(values, [&](Value value) {
    return sameShape(values.begin()->getType(), value.getType());
  });
}

bool flm::sameShapes(TypeRange a, TypeRange b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip(a, b), [](auto pair) {
           return sameShape(std::get<0>(pair), std::get<1>(pair));
         });
}

Type flm::accumulationType(Type elementType) {
  if (elementType.isF64())
    return elementType;
  return Float32Type::get(elementType.getContext());
}

mlir::Type NamedTensorType::parse(AsmParser &parser) {
  if (parser.parseLess())
    return {};
  mlir::Type type = parseTensorBody(parser);
  if (!type || parser.parseGreater())
    return {};
  return type;
}

void NamedTensorType::print(AsmPrinter &printer) const {
  printer << '<';
  printTensorBody(printer, *this);
  printer << '>';
}

void FlmDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/flm/FlmTypes.cpp.inc"
      >();
}
