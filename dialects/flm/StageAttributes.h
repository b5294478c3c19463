//===----------------------------------------------------------------------===//
// Names of the attributes that stages put on ops and on the module.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECT_STAGEATTRIBUTES_H
#define FLM_DIALECT_STAGEATTRIBUTES_H

#include "llvm/ADT/StringRef.h"

namespace flm {

// Those of stage `local` are in Pipeline.h and LocalForm.h. The dialect's
// verifier says what each may hold.

/// An op's buffers, an array of #flm.buffer: of its results; of each value that
/// a pipeline saves, an update writes or a return copies; of its temporaries.
constexpr llvm::StringLiteral kBuffers = "flm.buffers";

/// The module's attribute that lists the tables of the state arena. An entry
/// has the fields that runtime/abi/Manifest.md gives to an entry of `tables`.
constexpr llvm::StringLiteral kTables = "flm.tables";

/// Bytes of the arenas, on the module.
constexpr llvm::StringLiteral kStateBytes = "flm.state_bytes";
constexpr llvm::StringLiteral kScratchBytes = "flm.scratch_bytes";

} // namespace flm

#endif // FLM_DIALECT_STAGEATTRIBUTES_H
