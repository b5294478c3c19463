//===----------------------------------------------------------------------===//
// Custom directives for the types of one op: what follows from other types is
// not written.
//===----------------------------------------------------------------------===//
#include "dialects/flm/TypeSyntax.h"
#include "dialects/flm/ValueNames.h"

using namespace mlir;
using namespace flm;
using flm::Type;

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

/// The undistributed gain or bias [last dim of x]; null for a scalar.
static Type vectorType(Type x) {
  auto type = cast<NamedTensorType>(x);
  if (!type.getRank())
    return {};
  return NamedTensorType::get({type.getDims().back()}, type.getElementType());
}

/// One type where `types` are alike and those of the vectors (gain, bias)
/// follow, else all of them.
static ParseResult parseWithVectors(OpAsmParser &parser, ArrayRef<Type *> types,
                                    ArrayRef<Type *> vectors) {
  bool list = succeeded(parser.parseOptionalLParen());
  if (!list) {
    Type x;
    if (parseTensor(parser, x))
      return failure();
    for (Type *type : types)
      *type = x;
    Type vector = vectorType(x);
    if (!vector)
      return parser.emitError(parser.getNameLoc(),
                              "a norm needs at least one dim");
    for (Type *type : vectors)
      *type = vector;
    return success();
  }
  SmallVector<Type *> all(types);
  llvm::append_range(all, vectors);
  for (auto [i, type] : llvm::enumerate(all))
    if ((i && parser.parseComma()) || parseTensor(parser, *type))
      return failure();
  return parser.parseRParen();
}

static void printWithVectors(OpAsmPrinter &printer, ArrayRef<Type> types,
                             ArrayRef<Type> vectors) {
  Type vector = vectorType(types.front());
  if (llvm::all_equal(types) &&
      llvm::all_of(vectors, [&](Type type) { return type == vector; })) {
    printTensorType(printer, types.front());
    return;
  }
  SmallVector<Type> all(types);
  llvm::append_range(all, vectors);
  printer << '(';
  llvm::interleaveComma(all, printer,
                        [&](Type type) { printTensorType(printer, type); });
  printer << ')';
}

ParseResult flm::parseNormTypes(OpAsmParser &parser, Type &x, Type &g,
                                Type &y) {
  return parseWithVectors(parser, {&x, &y}, {&g});
}

void flm::printNormTypes(OpAsmPrinter &printer, Operation *, Type x, Type g,
                         Type y) {
  printWithVectors(printer, {x, y}, {g});
}

ParseResult flm::parseBiasedNormTypes(OpAsmParser &parser, Type &x, Type &g,
                                      Type &b, Type &y) {
  return parseWithVectors(parser, {&x, &y}, {&g, &b});
}

void flm::printBiasedNormTypes(OpAsmPrinter &printer, Operation *, Type x,
                               Type g, Type b, Type y) {
  printWithVectors(printer, {x, y}, {g, b});
}

ParseResult flm::parseNormGradTypes(OpAsmParser &parser, Type &dy, Type &x,
                                    Type &g, Type &dx) {
  return parseWithVectors(parser, {&dy, &x, &dx}, {&g});
}

void flm::printNormGradTypes(OpAsmPrinter &printer, Operation *, Type dy,
                             Type x, Type g, Type dx) {
  printWithVectors(printer, {dy, x, dx}, {g});
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

ParseResult flm::parsePass(OpAsmParser &parser, Region &body) {
  SmallVector<OpAsmParser::Argument> arguments;
  return failure(parseArguments(parser, arguments) ||
                 parser.parseRegion(body, arguments));
}

void flm::printPass(OpAsmPrinter &printer, Operation *, Region &body) {
  printArguments(printer, body);
  printer << ' ';
  printer.printRegion(body, /*printEntryBlockArgs=*/false);
}
