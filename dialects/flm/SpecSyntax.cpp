//===----------------------------------------------------------------------===//
// Custom directives of configs, recipes and plans.
//===----------------------------------------------------------------------===//
#include "dialects/flm/TypeSyntax.h"
#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;
using flm::Type;

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
  // A number without a type is an i64.
  auto integer = dyn_cast<IntegerAttr>(value);
  if (!isa<IntegerAttr, FloatAttr, StringAttr>(value) ||
      (integer && !integer.getType().isSignlessInteger(64)))
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

static void printBindingValue(raw_ostream &os, Attribute value) {
  if (auto number = dyn_cast<FloatAttr>(value))
    os << shortFloat(number.getValueAsDouble());
  else if (auto integer = dyn_cast<IntegerAttr>(value))
    os << integer.getValue();
  else if (auto list = dyn_cast<ArrayAttr>(value)) {
    os << '[';
    llvm::interleaveComma(list, os,
                          [&](Attribute a) { printBindingValue(os, a); });
    os << ']';
  } else
    os << cast<StringAttr>(value).getValue();
}

/// On the line of the op if they are short, else on lines of their own.
void flm::printBindings(OpAsmPrinter &printer, Operation *, ArrayAttr names,
                        ArrayAttr values) {
  constexpr size_t longest = 120;
  SmallVector<std::string> bindings;
  size_t width = 0;
  for (auto [name, value] : llvm::zip(names, values)) {
    llvm::raw_string_ostream os(bindings.emplace_back());
    os << cast<StringAttr>(name).getValue() << " = ";
    printBindingValue(os, value);
    width += bindings.back().size() + StringRef(", ").size();
  }
  bool wraps = width > longest;
  printer << '{';
  printer.increaseIndent();
  size_t column = longest;
  for (auto [index, binding] : llvm::enumerate(bindings)) {
    if (index)
      printer << ',';
    column += binding.size() + StringRef(", ").size();
    if (wraps && column > longest) {
      printer.printNewline();
      column = binding.size();
    } else if (index) {
      printer << ' ';
    }
    printer << binding;
  }
  printer.decreaseIndent();
  if (wraps)
    printer.printNewline();
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
