//===----------------------------------------------------------------------===//
// What ops of the program of one rank say beyond their types.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_LOCALFORM_H
#define FLM_DIALECTS_FLM_LOCALFORM_H

#include "llvm/ADT/StringRef.h"

namespace flm {

/// The discardable attribute in which `param`, `state` and `update` keep their
/// global distributed type (a TypeAttr) once their types are local: what of the
/// parameter a rank has. A type without states needs none: all ranks have all.
constexpr llvm::StringLiteral kGlobalType = "flm.global";

/// The discardable attribute of a `rope` whose positions begin at this rank's
/// index on the axis that it names (a string), times the positions it has.
constexpr llvm::StringLiteral kPositionsAxis = "flm.axis";

} // namespace flm

#endif // FLM_DIALECTS_FLM_LOCALFORM_H
