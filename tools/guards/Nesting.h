//===----------------------------------------------------------------------===//
// How deep text is nested, asked before it is parsed.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GUARDS_NESTING_H
#define FLM_TOOLS_GUARDS_NESTING_H

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace flm {

/// Parsers, verifiers and printers of MLIR and of JSON call themselves for what
/// is inside of what they read, and end with the stack. Nothing that the
/// compiler writes is nested deeper than about 20.
constexpr unsigned kDeepestNesting = 256;

/// "line:column: error: ..." of the bracket in `text` that is nested too deep,
/// if there is one. Brackets in strings and comments do not count. Text may be
/// MLIR or JSON; MLIR's bytecode has no brackets.
std::optional<std::string> nestingError(llvm::StringRef text);

} // namespace flm

#endif // FLM_TOOLS_GUARDS_NESTING_H
