//===----------------------------------------------------------------------===//
// What the IR says about memory once buffers are assigned.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_BUFFERFORM_H
#define FLM_DIALECTS_FLM_BUFFERFORM_H

#include "llvm/ADT/StringRef.h"

namespace flm {

/// On an op: its buffers (flm-assign-buffers says which).
constexpr llvm::StringLiteral kBuffers = "flm.buffers";

/// On the module: the sizes of a rank's arenas in bytes, and the tables in the
/// state arena. An entry has the fields that runtime/abi/Manifest.md gives to
/// an entry of `tables`.
constexpr llvm::StringLiteral kStateBytes = "flm.state_bytes";
constexpr llvm::StringLiteral kScratchBytes = "flm.scratch_bytes";
constexpr llvm::StringLiteral kTables = "flm.tables";

} // namespace flm

#endif // FLM_DIALECTS_FLM_BUFFERFORM_H
