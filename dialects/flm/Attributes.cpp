//===----------------------------------------------------------------------===//
// Attributes: text forms and small accessors.
//===----------------------------------------------------------------------===//
#include "dialects/flm/DimNames.h"
#include "dialects/flm/Flm.h"
#include "dialects/flm/Limits.h"
#include "dialects/flm/TypeSyntax.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/InterleavedRange.h"

using namespace mlir;
using namespace flm;

#include "dialects/flm/FlmEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/flm/FlmAttributes.cpp.inc"

//===----------------------------------------------------------------------===//
// DimAttr, DimDefAttr
//===----------------------------------------------------------------------===//

int64_t DimAttr::size() const {
  int64_t product = 1;
  for (int64_t size : getSizes()) {
    if (ShapedType::isDynamic(size))
      return ShapedType::kDynamic;
    product *= size;
  }
  return product;
}

LogicalResult DimAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              ArrayRef<StringAttr> names,
                              ArrayRef<int64_t> sizes) {
  if (names.empty() || names.size() != sizes.size())
    return emitError() << "a dim needs a factor, and a size for each";
  SmallVector<int64_t> bound(sizes);
  llvm::erase(bound, ShapedType::kDynamic);
  for (int64_t size : bound)
    if (size < 1)
      return emitError() << "a dim must be positive, not " << size;
  if (!boundedProduct(bound))
    return emitError() << "a dim can have 2^53 elements, and "
                       << llvm::interleaved(bound, " * ") << " are more";
  return success();
}

bool DimAttr::hasFactor(StringRef name) const {
  return llvm::any_of(getNames(), [&](StringAttr n) { return n == name; });
}

DimAttr DimAttr::get(MLIRContext *context, StringRef name, int64_t size) {
  return get(context, ArrayRef(StringAttr::get(context, name)), ArrayRef(size));
}

Attribute DimAttr::parse(AsmParser &parser, mlir::Type) {
  if (parser.parseLess())
    return {};
  FailureOr<DimAttr> dim = parseDimBody(parser);
  if (failed(dim) || parser.parseGreater())
    return {};
  return *dim;
}

void DimAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printDimBody(printer.getStream(), *this);
  printer << '>';
}

Attribute DimDefAttr::parse(AsmParser &parser, mlir::Type) {
  MLIRContext *context = parser.getContext();
  StringRef name, from, divisor;
  int64_t multiple = 0;
  // '<' is absent where a model lists its dims.
  bool bracketed = succeeded(parser.parseOptionalLess());
  if (parser.parseKeyword(&name))
    return {};
  if (succeeded(parser.parseOptionalEqual())) {
    if (parser.parseKeyword(&from))
      return {};
    if (from == "round_up" && succeeded(parser.parseOptionalLParen())) {
      SMLoc loc;
      if (parser.parseKeyword(&from) || parser.parseComma())
        return {};
      loc = parser.getCurrentLocation();
      if (parser.parseInteger(multiple) || parser.parseRParen())
        return {};
      if (multiple <= 0) {
        parser.emitError(loc, "round_up needs a positive multiple");
        return {};
      }
    } else if (parser.parseSlash() || parser.parseKeyword(&divisor))
      return {};
  }
  if (bracketed && parser.parseGreater())
    return {};
  auto str = [&](StringRef text) {
    return text.empty() ? StringAttr() : StringAttr::get(context, text);
  };
  return DimDefAttr::get(context, str(name), str(from), str(divisor), multiple);
}

void DimDefAttr::print(AsmPrinter &printer) const {
  printer << '<' << getName().getValue();
  if (isQuotient())
    printer << " = " << getFrom().getValue() << " / "
            << getDivisor().getValue();
  else if (!isFree())
    printer << " = round_up(" << getFrom().getValue() << ", " << getMultiple()
            << ')';
  printer << '>';
}

//===----------------------------------------------------------------------===//
// AxisStateAttr
//===----------------------------------------------------------------------===//

Attribute AxisStateAttr::parse(AsmParser &parser, mlir::Type) {
  StringRef axis, kind, argument;
  if (parser.parseLess() || parser.parseKeyword(&axis) || parser.parseColon())
    return {};
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&kind) || parser.parseLParen())
    return {};
  std::optional<AxisStateKind> stateKind = symbolizeAxisStateKind(kind);
  if (!stateKind) {
    parser.emitError(loc, "expected split, partial or at");
    return {};
  }
  if (succeeded(parser.parseOptionalStar()))
    argument = "*";
  else if (parser.parseKeyword(&argument))
    return {};
  if (parser.parseRParen() || parser.parseGreater())
    return {};
  MLIRContext *context = parser.getContext();
  return AxisStateAttr::get(context, StringAttr::get(context, axis), *stateKind,
                            StringAttr::get(context, argument));
}

void AxisStateAttr::print(AsmPrinter &printer) const {
  printer << '<' << getAxis().getValue() << ": "
          << stringifyAxisStateKind(getKind()) << '('
          << getArgument().getValue() << ")>";
}

//===----------------------------------------------------------------------===//
// MupAttr
//===----------------------------------------------------------------------===//

MupAttr MupAttr::get(MLIRContext *context, MupClass role, InitKind init,
                     double value, double lr, double wd, double eps,
                     StringRef why) {
  Builder builder(context);
  return get(context, role, init, builder.getF64FloatAttr(value),
             builder.getF64FloatAttr(lr), builder.getF64FloatAttr(wd),
             builder.getF64FloatAttr(eps), builder.getStringAttr(why));
}

/// One of an enum's keywords, or an error that lists them.
template <typename Enum>
static ParseResult parseEnumKeyword(AsmParser &parser,
                                    std::optional<Enum> (*symbolize)(StringRef),
                                    StringRef expected, Enum &value) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<Enum> symbol = symbolize(keyword);
  if (!symbol)
    return parser.emitError(loc, "expected ") << expected;
  value = *symbol;
  return success();
}

Attribute MupAttr::parse(AsmParser &parser, mlir::Type) {
  MupClass role;
  InitKind init;
  FloatAttr value, lr, wd, eps;
  std::string why;
  auto parseFactor = [&](StringRef key, FloatAttr &factor) -> ParseResult {
    return failure(parser.parseComma() || parser.parseKeyword(key) ||
                   parseShortFloat(parser, factor));
  };
  if (parser.parseLess() ||
      parseEnumKeyword(parser, symbolizeMupClass, "vector, matrix or output",
                       role) ||
      parser.parseComma() ||
      parseEnumKeyword(parser, symbolizeInitKind, "normal or constant", init) ||
      parser.parseLParen() || parseShortFloat(parser, value) ||
      parser.parseRParen() || parseFactor("lr", lr) || parseFactor("wd", wd) ||
      parseFactor("eps", eps) || parser.parseComma() ||
      parser.parseString(&why) || parser.parseGreater())
    return {};
  MLIRContext *context = parser.getContext();
  return get(context, role, init, value, lr, wd, eps,
             StringAttr::get(context, why));
}

void MupAttr::print(AsmPrinter &printer) const {
  auto text = [](FloatAttr attr) {
    return shortFloat(attr.getValueAsDouble());
  };
  printer << '<' << stringifyMupClass(getRole()) << ", "
          << stringifyInitKind(getInit()) << '(' << text(getValue()) << "), lr "
          << text(getLr()) << ", wd " << text(getWd()) << ", eps "
          << text(getEps()) << ", " << getWhy() << '>';
}

//===----------------------------------------------------------------------===//
// BufferAttr
//===----------------------------------------------------------------------===//

Attribute BufferAttr::parse(AsmParser &parser, mlir::Type) {
  Arena arena;
  int64_t index = 0, offset, bytes;
  SmallVector<int64_t> strides;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() ||
      parseEnumKeyword(parser, symbolizeArena,
                       "state, scratch, argument or result", arena))
    return {};
  if (succeeded(parser.parseOptionalLParen()) &&
      (parser.parseInteger(index) || parser.parseRParen()))
    return {};
  if (parser.parseComma() || parser.parseInteger(offset) ||
      parser.parseComma() || parser.parseInteger(bytes))
    return {};
  if (succeeded(parser.parseOptionalComma()) &&
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
        return parser.parseInteger(strides.emplace_back());
      }))
    return {};
  if (parser.parseGreater())
    return {};
  return BufferAttr::getChecked([&] { return parser.emitError(loc); },
                                parser.getContext(), arena, index, offset,
                                bytes, strides);
}

LogicalResult BufferAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 Arena arena, int64_t index, int64_t offset,
                                 int64_t bytes, ArrayRef<int64_t> strides) {
  auto check = [&](StringRef what, int64_t value) -> LogicalResult {
    if (value >= 0 && value <= kLargestBytes)
      return success();
    return emitError() << "the " << what << ' ' << value
                       << " lies outside any arena; expected 0 to 2^53";
  };
  if (index < 0)
    return emitError() << "there is no " << stringifyArena(arena) << " number "
                       << index;
  if (failed(check("offset", offset)) || failed(check("size", bytes)))
    return failure();
  for (int64_t stride : strides)
    if (failed(check("stride", stride)))
      return failure();
  return success();
}

void BufferAttr::print(AsmPrinter &printer) const {
  printer << '<' << stringifyArena(getArena());
  if (getArena() == Arena::Argument || getArena() == Arena::Result)
    printer << '(' << getIndex() << ')';
  printer << ", " << getOffset() << ", " << getBytes();
  if (!getStrides().empty()) {
    printer << ", [";
    llvm::interleaveComma(getStrides(), printer);
    printer << ']';
  }
  printer << '>';
}

void FlmDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/flm/FlmAttributes.cpp.inc"
      >();
}
