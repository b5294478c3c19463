//===----------------------------------------------------------------------===//
// Custom directives of the ops' assembly formats.
//===----------------------------------------------------------------------===//
#include "dialects/flm/TypeSyntax.h"
#include "dialects/flm/DimNames.h"
#include "dialects/flm/ValueNames.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"

#include <cstdlib>

using namespace mlir;
using namespace flm;
using flm::Type;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static ParseResult parseState(AsmParser &parser,
                              SmallVectorImpl<AxisStateAttr> &states) {
  StringRef axis, kind, argument;
  if (parser.parseKeyword(&axis) || parser.parseColon())
    return failure();
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&kind))
    return failure();
  std::optional<AxisStateKind> stateKind = symbolizeAxisStateKind(kind);
  if (!stateKind)
    return parser.emitError(
        loc,
        "expected split(dim), split(*), partial(sum|max) or at(first|last)");
  if (parser.parseLParen())
    return failure();
  loc = parser.getCurrentLocation();
  if (*stateKind == AxisStateKind::Split &&
      succeeded(parser.parseOptionalStar()))
    argument = "*";
  else if (parser.parseKeyword(&argument))
    return failure();
  if (*stateKind == AxisStateKind::Partial && argument != "sum" &&
      argument != "max")
    return parser.emitError(loc, "a partial is a sum or a max, not '")
           << argument << "'";
  if (*stateKind == AxisStateKind::At && argument != "first" &&
      argument != "last")
    return parser.emitError(loc, "a value is at first or at last, not at '")
           << argument << "'";
  if (parser.parseRParen())
    return failure();
  MLIRContext *context = parser.getContext();
  states.push_back(AxisStateAttr::get(context, StringAttr::get(context, axis),
                                      *stateKind,
                                      StringAttr::get(context, argument)));
  return success();
}

static Type elementTypeNamed(MLIRContext *context, StringRef name) {
  if (name == "i32")
    return IntegerType::get(context, 32);
  if (name == "bf16")
    return BFloat16Type::get(context);
  if (name == "f32")
    return Float32Type::get(context);
  return Float64Type::get(context);
}

Type flm::parseTensorBody(AsmParser &parser) {
  MLIRContext *context = parser.getContext();
  SmallVector<DimAttr> dims;
  SmallVector<AxisStateAttr> states;
  Type elementType = NoneType::get(context);
  SMLoc loc = parser.getCurrentLocation();
  if (parseDimList(parser, dims))
    return {};
  StringRef keyword;
  if (succeeded(
          parser.parseOptionalKeyword(&keyword, {"i32", "bf16", "f32", "f64"})))
    elementType = elementTypeNamed(context, keyword);
  if (succeeded(parser.parseOptionalKeyword("on")) &&
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Braces, [&] {
        return parseState(parser, states);
      }))
    return {};
  return NamedTensorType::getChecked([&] { return parser.emitError(loc); },
                                     dims, elementType, states);
}

void flm::printTensorBody(AsmPrinter &printer, NamedTensorType type) {
  raw_ostream &os = printer.getStream();
  printDimList(os, type.getDims());
  if (!isa<NoneType>(type.getElementType()))
    os << ' ' << type.getElementType();
  if (type.getStates().empty())
    return;
  os << " on {";
  llvm::interleaveComma(type.getStates(), os, [&](AxisStateAttr state) {
    os << state.getAxis().getValue() << ": "
       << stringifyAxisStateKind(state.getKind()) << '('
       << state.getArgument().getValue() << ')';
  });
  os << '}';
}

ParseResult flm::parseTensor(AsmParser &parser, Type &type) {
  SMLoc loc = parser.getCurrentLocation();
  // '[' begins no type, so a body can not be mistaken for one.
  OptionalParseResult full = parser.parseOptionalType(type);
  if (!full.has_value())
    type = parseTensorBody(parser);
  else if (failed(*full))
    return failure();
  if (!type)
    return failure();
  if (!isa<NamedTensorType>(type))
    return parser.emitError(loc, "expected a tensor with named dims, got ")
           << type;
  return success();
}

void flm::printTensorType(AsmPrinter &printer, Type type) {
  auto tensor = dyn_cast<NamedTensorType>(type);
  if (tensor && (tensor.isSymbolic() || tensor.getDims().empty()))
    printTensorBody(printer, tensor);
  else
    printer.printType(type);
}

void flm::printTensor(OpAsmPrinter &printer, Operation *, Type type) {
  printTensorType(printer, type);
}

ParseResult flm::parseTensors(OpAsmParser &parser,
                              SmallVectorImpl<Type> &types) {
  return parser.parseCommaSeparatedList(
      [&] { return parseTensor(parser, types.emplace_back()); });
}

void flm::printTensors(OpAsmPrinter &printer, Operation *, TypeRange types) {
  llvm::interleaveComma(types, printer,
                        [&](Type type) { printTensorType(printer, type); });
}

ParseResult flm::parseAlikeList(OpAsmParser &parser, ArrayRef<Type *> types) {
  if (failed(parser.parseOptionalLParen())) {
    Type type;
    if (parseTensor(parser, type))
      return failure();
    for (Type *each : types)
      *each = type;
    return success();
  }
  for (auto [index, type] : llvm::enumerate(types))
    if ((index && parser.parseComma()) || parseTensor(parser, *type))
      return failure();
  return parser.parseRParen();
}

void flm::printAlikeList(OpAsmPrinter &printer, ArrayRef<Type> types) {
  if (llvm::all_equal(types)) {
    printTensorType(printer, types.front());
    return;
  }
  printer << '(';
  llvm::interleaveComma(types, printer,
                        [&](Type type) { printTensorType(printer, type); });
  printer << ')';
}

//===----------------------------------------------------------------------===//
// Numbers, dims, attributes
//===----------------------------------------------------------------------===//

std::string flm::shortFloat(double value) {
  char buffer[40];
  for (int digits = 1; digits <= 17; ++digits) {
    snprintf(buffer, sizeof buffer, "%.*g", digits, value);
    if (strtod(buffer, nullptr) == value)
      break;
  }
  std::string text = buffer;
  // 0.00015 and 1e+22 as 1.5e-4 and 1.0e22: an MLIR float has a point.
  if (value != 0 && std::abs(value) < 1e-3 &&
      text.find('e') == std::string::npos)
    for (int digits = 0; digits <= 16; ++digits) {
      snprintf(buffer, sizeof buffer, "%.*e", digits, value);
      if (strtod(buffer, nullptr) == value) {
        text = buffer;
        break;
      }
    }
  size_t exponent = text.find('e');
  if (text.find('.') == std::string::npos)
    text.insert(exponent == std::string::npos ? text.size() : exponent, ".0");
  exponent = text.find('e');
  if (exponent == std::string::npos)
    return text;
  if (text[exponent + 1] == '+')
    text.erase(exponent + 1, 1);
  size_t digits = exponent + 1 + (text[exponent + 1] == '-');
  while (digits + 1 < text.size() && text[digits] == '0')
    text.erase(digits, 1);
  return text;
}

ParseResult flm::parseShortFloat(AsmParser &parser, FloatAttr &value) {
  double number;
  if (parser.parseFloat(number))
    return failure();
  value = parser.getBuilder().getF64FloatAttr(number);
  return success();
}

void flm::printShortFloat(OpAsmPrinter &printer, Operation *, FloatAttr value) {
  printer << shortFloat(value.getValueAsDouble());
}

ParseResult flm::parseDim(OpAsmParser &parser, DimAttr &dim) {
  FailureOr<DimAttr> parsed = parseDimBody(parser);
  if (failed(parsed))
    return failure();
  dim = *parsed;
  return success();
}

void flm::printDim(OpAsmPrinter &printer, Operation *, DimAttr dim) {
  printDimBody(printer.getStream(), dim);
}

ParseResult flm::parseNamedAttrs(OpAsmParser &parser, NamedAttrList &attrs) {
  SmallString<32> names;
  for (size_t i = 0, n = parser.getNumResults(); i < n; ++i) {
    StringRef name = parser.getResultName(i).first;
    if (name.empty() || llvm::isDigit(name.front()))
      return parser.parseOptionalAttrDict(attrs);
    names += (i ? ", " : "");
    names += name;
  }
  if (!names.empty())
    attrs.append(kParsedNames, parser.getBuilder().getStringAttr(names));
  return parser.parseOptionalAttrDict(attrs);
}

void flm::printNamedAttrs(OpAsmPrinter &printer, Operation *op,
                          DictionaryAttr) {
  printer.printOptionalAttrDict(op->getDiscardableAttrDictionary().getValue());
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

ParseResult flm::parseInteger(OpAsmParser &parser, IntegerAttr &value) {
  int64_t number;
  if (parser.parseInteger(number))
    return failure();
  value = parser.getBuilder().getI64IntegerAttr(number);
  return success();
}

void flm::printInteger(OpAsmPrinter &printer, Operation *, IntegerAttr value) {
  printer << value.getInt();
}

ParseResult flm::parseBuffers(OpAsmParser &parser, ArrayAttr &buffers) {
  SmallVector<Attribute> list;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&] {
        BufferAttr buffer;
        if (parser.parseAttribute(buffer))
          return failure();
        list.push_back(buffer);
        return success();
      }))
    return failure();
  buffers = parser.getBuilder().getArrayAttr(list);
  return success();
}

void flm::printBuffers(OpAsmPrinter &printer, Operation *, ArrayAttr buffers) {
  printer << '(';
  llvm::interleaveComma(buffers, printer);
  printer << ')';
}
