//===----------------------------------------------------------------------===//
// Names of values.
//
// The names that a spec gives its values travel as NameLocs: they are printed
// again, are invisible to CSE, and are inherited by what is derived from them
// (`%down` has the gradient `%d_down`). An op with several results has one
// NameLoc with their names separated by ", ".
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_VALUENAMES_H
#define FLM_DIALECTS_FLM_VALUENAMES_H

#include "mlir/IR/OpImplementation.h"

namespace flm {

/// The name of `value`, or empty.
llvm::StringRef valueName(mlir::Value value);

/// `loc` with a name (without the %). An empty name or one that begins with a
/// digit gives back `loc`.
mlir::Location withName(mlir::Location loc, const llvm::Twine &name);

/// `loc` without its name.
mlir::Location withoutName(mlir::Location loc);

/// A location for something derived from `value`: the name is prefix + the
/// value's name + suffix; no name if the value has none.
mlir::Location derivedFrom(mlir::Value value, llvm::StringRef prefix,
                           llvm::StringRef suffix = "");

/// Tells the printer the names of the results; `defaults` (", "-separated) is
/// used where the location has none.
void nameResults(mlir::Operation *op, llvm::StringRef defaults,
                 mlir::OpAsmSetValueNameFn setName);

/// Tells the printer the names of a region's arguments.
void nameArguments(mlir::Region &region, mlir::OpAsmSetValueNameFn setName);

/// The discardable attribute in which the parser keeps the written names until
/// the enclosing model or program moves them into the locations.
constexpr llvm::StringLiteral kParsedNames = "flm.parsed_names";

/// Moves the parsed names of all ops in `region` into their locations.
void adoptParsedNames(mlir::Region &region);

/// Parses `%name = ` style arguments: sets the location's name to what is
/// written.
mlir::ParseResult parseNamedArgument(mlir::OpAsmParser &parser,
                                     mlir::OpAsmParser::Argument &argument);

} // namespace flm

#endif // FLM_DIALECTS_FLM_VALUENAMES_H
