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
        loc, "expected split(dim), split(*) or partial(sum|max)");
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
// Types of one op
//===----------------------------------------------------------------------===//

ParseResult flm::parseIntoTypes(OpAsmParser &parser,
                                std::optional<Unresolved> into, Type &result,
                                Type &intoType) {
  if (parseTensor(parser, result))
    return failure();
  if (into)
    intoType = result;
  return success();
}

void flm::printIntoTypes(OpAsmPrinter &printer, Operation *, Value, Type result,
                         Type) {
  printTensorType(printer, result);
}

/// A row of `table` for each of `tokens`, undistributed; null if the table has
/// no two dims.
static Type embeddingType(Type tokens, Type table) {
  auto tableType = cast<NamedTensorType>(table);
  if (tableType.getRank() != 2)
    return {};
  SmallVector<DimAttr> dims(cast<NamedTensorType>(tokens).getDims());
  dims.push_back(tableType.getDims().back());
  return NamedTensorType::get(dims, tableType.getElementType());
}

ParseResult flm::parseEmbeddingTypes(OpAsmParser &parser, Type &tokens,
                                     Type &table, Type &y) {
  if (parseTensor(parser, tokens) || parser.parseComma() ||
      parseTensor(parser, table))
    return failure();
  if (succeeded(parser.parseOptionalArrow()))
    return parseTensor(parser, y);
  y = embeddingType(tokens, table);
  if (!y)
    return parser.emitError(parser.getNameLoc(),
                            "embedding needs a table [vocab, width], got ")
           << cast<NamedTensorType>(table).dimsText();
  return success();
}

void flm::printEmbeddingTypes(OpAsmPrinter &printer, Operation *, Type tokens,
                              Type table, Type y) {
  printTensorType(printer, tokens);
  printer << ", ";
  printTensorType(printer, table);
  if (y != embeddingType(tokens, table)) {
    printer << " -> ";
    printTensorType(printer, y);
  }
}

/// The undistributed weight [last dim of y, last dim of x]; null for scalars.
static Type weightType(Type x, Type y) {
  auto xType = cast<NamedTensorType>(x), yType = cast<NamedTensorType>(y);
  if (!xType.getRank() || !yType.getRank())
    return {};
  return NamedTensorType::get({yType.getDims().back(), xType.getDims().back()},
                              xType.getElementType());
}

ParseResult flm::parseLinearTypes(OpAsmParser &parser, Type &x, Type &w,
                                  Type &y) {
  if (succeeded(parser.parseOptionalLParen())) {
    return failure(parseTensor(parser, x) || parser.parseComma() ||
                   parseTensor(parser, w) || parser.parseRParen() ||
                   parser.parseArrow() || parseTensor(parser, y));
  }
  if (parseTensor(parser, x) || parser.parseArrow() || parseTensor(parser, y))
    return failure();
  w = weightType(x, y);
  if (!w)
    return parser.emitError(parser.getNameLoc(),
                            "linear needs at least one dim");
  return success();
}

void flm::printLinearTypes(OpAsmPrinter &printer, Operation *, Type x, Type w,
                           Type y) {
  if (w == weightType(x, y)) {
    printTensorType(printer, x);
  } else {
    printer << '(';
    printTensorType(printer, x);
    printer << ", ";
    printTensorType(printer, w);
    printer << ')';
  }
  printer << " -> ";
  printTensorType(printer, y);
}

/// The undistributed gain [last dim of x]; null for a scalar.
static Type gainType(Type x) {
  auto type = cast<NamedTensorType>(x);
  if (!type.getRank())
    return {};
  return NamedTensorType::get({type.getDims().back()}, type.getElementType());
}

/// One type where `others` are alike and the gain follows, else all of them.
static ParseResult parseWithGain(OpAsmParser &parser, ArrayRef<Type *> types,
                                 Type &gain) {
  bool list = succeeded(parser.parseOptionalLParen());
  if (!list) {
    Type x;
    if (parseTensor(parser, x))
      return failure();
    for (Type *type : types)
      *type = x;
    gain = gainType(x);
    if (!gain)
      return parser.emitError(parser.getNameLoc(),
                              "rms_norm needs at least one dim");
    return success();
  }
  for (Type *type : types)
    if (parseTensor(parser, *type) || parser.parseComma())
      return failure();
  return failure(parseTensor(parser, gain) || parser.parseRParen());
}

static void printWithGain(OpAsmPrinter &printer, ArrayRef<Type> types,
                          Type gain) {
  if (llvm::all_equal(types) && gain == gainType(types.front())) {
    printTensorType(printer, types.front());
    return;
  }
  SmallVector<Type> all(types);
  all.push_back(gain);
  printer << '(';
  llvm::interleaveComma(all, printer,
                        [&](Type type) { printTensorType(printer, type); });
  printer << ')';
}

ParseResult flm::parseNormTypes(OpAsmParser &parser, Type &x, Type &g,
                                Type &y) {
  return parseWithGain(parser, {&x, &y}, g);
}

void flm::printNormTypes(OpAsmPrinter &printer, Operation *, Type x, Type g,
                         Type y) {
  printWithGain(printer, {x, y}, g);
}

ParseResult flm::parseNormGradTypes(OpAsmParser &parser, Type &dy, Type &x,
                                    Type &g, Type &dx) {
  return parseWithGain(parser, {&dy, &x, &dx}, g);
}

void flm::printNormGradTypes(OpAsmPrinter &printer, Operation *, Type dy,
                             Type x, Type g, Type dx) {
  printWithGain(printer, {dy, x, dx}, g);
}

/// The log-sum-exp, where there is one, is known by its type following the
/// queries' after an arrow.
ParseResult flm::parseAttentionTypes(OpAsmParser &parser, Type &q, Type &k,
                                     Type &v, Type &y, Type &lse) {
  if (parseAlike(parser, q, k, v, y))
    return failure();
  if (succeeded(parser.parseOptionalComma()) && parseTensor(parser, lse))
    return failure();
  return success();
}

void flm::printAttentionTypes(OpAsmPrinter &printer, Operation *, Type q,
                              Type k, Type v, Type y, Type lse) {
  printAlikeList(printer, {q, k, v, y});
  if (lse) {
    printer << ", ";
    printTensorType(printer, lse);
  }
}

ParseResult flm::parseAddTypes(OpAsmParser &parser, ArrayRef<Unresolved> values,
                               SmallVectorImpl<Type> &valueTypes, Type &y) {
  valueTypes.resize(values.size());
  SmallVector<Type *> types;
  for (Type &type : valueTypes)
    types.push_back(&type);
  types.push_back(&y);
  return parseAlikeList(parser, types);
}

void flm::printAddTypes(OpAsmPrinter &printer, Operation *, OperandRange,
                        TypeRange valueTypes, Type y) {
  SmallVector<Type> types(valueTypes);
  types.push_back(y);
  printAlikeList(printer, types);
}

/// The undistributed mean loss of logits.
static Type lossType(Type logits) {
  Type elementType = cast<NamedTensorType>(logits).getElementType();
  if (!elementType.isF64())
    elementType = Float32Type::get(logits.getContext());
  return NamedTensorType::get({}, elementType);
}

ParseResult flm::parseCrossEntropyTypes(OpAsmParser &parser, Type &logits,
                                        Type &targets, Type &loss) {
  if (parseTensor(parser, logits) || parser.parseComma() ||
      parseTensor(parser, targets))
    return failure();
  loss = lossType(logits);
  return success();
}

void flm::printCrossEntropyTypes(OpAsmPrinter &printer, Operation *,
                                 Type logits, Type targets, Type) {
  printTensorType(printer, logits);
  printer << ", ";
  printTensorType(printer, targets);
}

ParseResult
flm::parseArguments(OpAsmParser &parser,
                    SmallVectorImpl<OpAsmParser::Argument> &arguments) {
  return parser.parseCommaSeparatedList(
      AsmParser::Delimiter::Paren, [&]() -> ParseResult {
        OpAsmParser::Argument &argument = arguments.emplace_back();
        return failure(parseNamedArgument(parser, argument) ||
                       parser.parseColon() ||
                       parseTensor(parser, argument.type));
      });
}

void flm::printArguments(OpAsmPrinter &printer, Region &body) {
  printer << '(';
  llvm::interleaveComma(body.getArguments(), printer,
                        [&](BlockArgument argument) {
                          printer << argument << ": ";
                          printTensorType(printer, argument.getType());
                        });
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
// Bindings, grids, rules
//===----------------------------------------------------------------------===//

/// An integer, a float, a keyword, or a list of keywords.
static ParseResult parseBindingValue(OpAsmParser &parser, Attribute &value) {
  Builder &builder = parser.getBuilder();
  StringRef keyword;
  if (succeeded(parser.parseOptionalKeyword(&keyword))) {
    value = builder.getStringAttr(keyword);
    return success();
  }
  if (succeeded(parser.parseOptionalLSquare())) {
    SmallVector<Attribute> keywords;
    if (failed(parser.parseOptionalRSquare())) {
      if (parser.parseCommaSeparatedList([&] {
            if (parser.parseKeyword(&keyword))
              return failure();
            keywords.push_back(builder.getStringAttr(keyword));
            return success();
          }) ||
          parser.parseRSquare())
        return failure();
    }
    value = builder.getArrayAttr(keywords);
    return success();
  }
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseAttribute(value))
    return failure();
  if (!isa<IntegerAttr, FloatAttr, StringAttr>(value))
    return parser.emitError(loc,
                            "expected a number, a name or a list of names");
  // 1e-8 is read as 1 and a name that begins with e.
  loc = parser.getCurrentLocation();
  if (isa<IntegerAttr>(value) &&
      succeeded(parser.parseOptionalKeyword(&keyword)))
    return parser.emitError(
        loc, "expected ',' or '}'; a number with an exponent needs a point, "
             "as in 1.0e-8");
  return success();
}

ParseResult flm::parseBindings(OpAsmParser &parser, ArrayAttr &names,
                               ArrayAttr &values) {
  Builder &builder = parser.getBuilder();
  SmallVector<Attribute> nameList, valueList;
  auto parseBinding = [&]() -> ParseResult {
    StringRef name;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&name))
      return failure();
    Attribute nameAttr = builder.getStringAttr(name);
    if (llvm::is_contained(nameList, nameAttr))
      return parser.emitError(loc, "'") << name << "' is given twice";
    nameList.push_back(nameAttr);
    return failure(parser.parseEqual() ||
                   parseBindingValue(parser, valueList.emplace_back()));
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Braces,
                                     parseBinding))
    return failure();
  names = builder.getArrayAttr(nameList);
  values = builder.getArrayAttr(valueList);
  return success();
}

static void printBindingValue(OpAsmPrinter &printer, Attribute value) {
  if (auto number = dyn_cast<FloatAttr>(value))
    printer << shortFloat(number.getValueAsDouble());
  else if (auto integer = dyn_cast<IntegerAttr>(value))
    printer << integer.getValue();
  else if (auto list = dyn_cast<ArrayAttr>(value)) {
    printer << '[';
    llvm::interleaveComma(list, printer,
                          [&](Attribute a) { printBindingValue(printer, a); });
    printer << ']';
  } else
    printer << cast<StringAttr>(value).getValue();
}

void flm::printBindings(OpAsmPrinter &printer, Operation *, ArrayAttr names,
                        ArrayAttr values) {
  printer << '{';
  llvm::interleaveComma(llvm::zip(names, values), printer, [&](auto binding) {
    printer << cast<StringAttr>(std::get<0>(binding)).getValue() << " = ";
    printBindingValue(printer, std::get<1>(binding));
  });
  printer << '}';
}

ParseResult flm::parseGrid(OpAsmParser &parser, ArrayAttr &axes,
                           ArrayAttr &sizes) {
  Builder &builder = parser.getBuilder();
  SmallVector<Attribute> axisList, sizeList;
  auto parseAxis = [&]() -> ParseResult {
    StringRef axis;
    int64_t size;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&axis) || parser.parseEqual())
      return failure();
    if (llvm::is_contained(axisList, builder.getStringAttr(axis)))
      return parser.emitError(loc, "axis '") << axis << "' is given twice";
    loc = parser.getCurrentLocation();
    if (parser.parseInteger(size))
      return failure();
    if (size <= 0)
      return parser.emitError(loc, "an axis must have at least one rank");
    axisList.push_back(builder.getStringAttr(axis));
    sizeList.push_back(builder.getI64IntegerAttr(size));
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseAxis))
    return failure();
  axes = builder.getArrayAttr(axisList);
  sizes = builder.getArrayAttr(sizeList);
  return success();
}

void flm::printGrid(OpAsmPrinter &printer, Operation *, ArrayAttr axes,
                    ArrayAttr sizes) {
  printer << '(';
  llvm::interleaveComma(llvm::zip(axes, sizes), printer, [&](auto axis) {
    printer << cast<StringAttr>(std::get<0>(axis)).getValue() << " = "
            << cast<IntegerAttr>(std::get<1>(axis)).getInt();
  });
  printer << ')';
}

ParseResult flm::parseRules(OpAsmParser &parser, ArrayAttr &from,
                            ArrayAttr &to) {
  Builder &builder = parser.getBuilder();
  SmallVector<Attribute> fromList, toList;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Braces, [&] {
        StringRef dim, axis;
        if (parser.parseKeyword(&dim) || parser.parseArrow() ||
            parser.parseKeyword(&axis))
          return failure();
        fromList.push_back(builder.getStringAttr(dim));
        toList.push_back(builder.getStringAttr(axis));
        return success();
      }))
    return failure();
  from = builder.getArrayAttr(fromList);
  to = builder.getArrayAttr(toList);
  return success();
}

void flm::printRules(OpAsmPrinter &printer, Operation *, ArrayAttr from,
                     ArrayAttr to) {
  printer << '{';
  llvm::interleaveComma(llvm::zip(from, to), printer, [&](auto rule) {
    printer << cast<StringAttr>(std::get<0>(rule)).getValue() << " -> "
            << cast<StringAttr>(std::get<1>(rule)).getValue();
  });
  printer << '}';
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
