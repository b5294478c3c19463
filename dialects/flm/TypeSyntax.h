//===----------------------------------------------------------------------===//
// Custom directives of the ops' assembly formats.
//
// Inside ops of this dialect a symbolic type is written as its body
// (`[batch, seq]`) and a bound one in full, through its alias. Each op writes
// every type at most once. The functions are named as ODS wants them.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_TYPESYNTAX_H
#define FLM_DIALECTS_FLM_TYPESYNTAX_H

#include "dialects/flm/Flm.h"

namespace flm {

using Type = mlir::Type;
using Unresolved = mlir::OpAsmParser::UnresolvedOperand;

/// `[dims] elementType? (on {states})?`, without `!flm.tensor<>` around it.
mlir::Type parseTensorBody(mlir::AsmParser &parser);
void printTensorBody(mlir::AsmPrinter &printer, NamedTensorType type);

/// A type that must be a tensor of this dialect, as a body or in full.
mlir::ParseResult parseTensor(mlir::AsmParser &parser, Type &type);
void printTensorType(mlir::AsmPrinter &printer, Type type);
void printTensor(mlir::OpAsmPrinter &printer, mlir::Operation *op, Type type);

mlir::ParseResult parseTensors(mlir::OpAsmParser &parser,
                               llvm::SmallVectorImpl<Type> &types);
void printTensors(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                  mlir::TypeRange types);

/// Types of values of one shape: written once if they are equal, else as a list
/// `(T, T, ...)` (their distributions differ).
mlir::ParseResult parseAlikeList(mlir::OpAsmParser &parser,
                                 llvm::ArrayRef<Type *> types);
void printAlikeList(mlir::OpAsmPrinter &printer, llvm::ArrayRef<Type> types);

template <typename... Types>
mlir::ParseResult parseAlike(mlir::OpAsmParser &parser, Types &...types) {
  return parseAlikeList(parser, {&types...});
}
template <typename... Types>
void printAlike(mlir::OpAsmPrinter &printer, mlir::Operation *,
                Types... types) {
  printAlikeList(printer, {types...});
}

/// The type of a result and of the optional operand it is added to.
mlir::ParseResult parseIntoTypes(mlir::OpAsmParser &parser,
                                 std::optional<Unresolved> into, Type &result,
                                 Type &intoType);
void printIntoTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                    mlir::Value into, Type result, Type intoType);

mlir::ParseResult parseEmbeddingTypes(mlir::OpAsmParser &parser, Type &tokens,
                                      Type &table, Type &y);
void printEmbeddingTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                         Type tokens, Type table, Type y);
mlir::ParseResult parseLinearTypes(mlir::OpAsmParser &parser, Type &x, Type &w,
                                   Type &y);
void printLinearTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op, Type x,
                      Type w, Type y);
mlir::ParseResult parseNormTypes(mlir::OpAsmParser &parser, Type &x, Type &g,
                                 Type &y);
void printNormTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op, Type x,
                    Type g, Type y);
mlir::ParseResult parseBiasedNormTypes(mlir::OpAsmParser &parser, Type &x,
                                       Type &g, Type &b, Type &y);
void printBiasedNormTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                          Type x, Type g, Type b, Type y);
mlir::ParseResult parseNormGradTypes(mlir::OpAsmParser &parser, Type &dy,
                                     Type &x, Type &g, Type &dx);
void printNormGradTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                        Type dy, Type x, Type g, Type dx);
mlir::ParseResult parseAttentionTypes(mlir::OpAsmParser &parser, Type &q,
                                      Type &k, Type &v, Type &y, Type &lse);
void printAttentionTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                         Type q, Type k, Type v, Type y, Type lse);
mlir::ParseResult parseAddTypes(mlir::OpAsmParser &parser,
                                llvm::ArrayRef<Unresolved> values,
                                llvm::SmallVectorImpl<Type> &valueTypes,
                                Type &y);
void printAddTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                   mlir::OperandRange values, mlir::TypeRange valueTypes,
                   Type y);
mlir::ParseResult parseCrossEntropyTypes(mlir::OpAsmParser &parser,
                                         Type &logits, Type &targets,
                                         Type &loss);
void printCrossEntropyTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                            Type logits, Type targets, Type loss);
/// `(%tokens: T, ...)`: the arguments of a model or a program.
mlir::ParseResult
parseArguments(mlir::OpAsmParser &parser,
               llvm::SmallVectorImpl<mlir::OpAsmParser::Argument> &arguments);
void printArguments(mlir::OpAsmPrinter &printer, mlir::Region &body);

/// A region with its arguments in front: `(%x: T, ...) {...}`.
mlir::ParseResult parsePass(mlir::OpAsmParser &parser, mlir::Region &body);
void printPass(mlir::OpAsmPrinter &printer, mlir::Operation *op,
               mlir::Region &body);

/// A number in the shortest form that reads back as the same double.
mlir::ParseResult parseShortFloat(mlir::AsmParser &parser,
                                  mlir::FloatAttr &value);
void printShortFloat(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                     mlir::FloatAttr value);
std::string shortFloat(double value);

mlir::ParseResult parseDim(mlir::OpAsmParser &parser, DimAttr &dim);
void printDim(mlir::OpAsmPrinter &printer, mlir::Operation *op, DimAttr dim);

/// The discardable attributes; parsing also keeps the results' written names.
mlir::ParseResult parseNamedAttrs(mlir::OpAsmParser &parser,
                                  mlir::NamedAttrList &attrs);
void printNamedAttrs(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                     mlir::DictionaryAttr attrs);

/// `{name = value, ...}` of configs and recipes; the order is kept.
mlir::ParseResult parseBindings(mlir::OpAsmParser &parser,
                                mlir::ArrayAttr &names,
                                mlir::ArrayAttr &values);
void printBindings(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                   mlir::ArrayAttr names, mlir::ArrayAttr values);
/// `(dp = 2, tp = 4)`.
mlir::ParseResult parseGrid(mlir::OpAsmParser &parser, mlir::ArrayAttr &axes,
                            mlir::ArrayAttr &sizes);
void printGrid(mlir::OpAsmPrinter &printer, mlir::Operation *op,
               mlir::ArrayAttr axes, mlir::ArrayAttr sizes);
/// `{batch -> dp, heads -> tp}`.
mlir::ParseResult parseRules(mlir::OpAsmParser &parser, mlir::ArrayAttr &from,
                             mlir::ArrayAttr &to);
void printRules(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                mlir::ArrayAttr from, mlir::ArrayAttr to);

/// An integer without its type.
mlir::ParseResult parseInteger(mlir::OpAsmParser &parser,
                               mlir::IntegerAttr &value);
void printInteger(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                  mlir::IntegerAttr value);
/// `(#flm.buffer<...>, ...)`, one a line.
mlir::ParseResult parseBuffers(mlir::OpAsmParser &parser,
                               mlir::ArrayAttr &buffers);
void printBuffers(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                  mlir::ArrayAttr buffers);

} // namespace flm

#endif // FLM_DIALECTS_FLM_TYPESYNTAX_H
