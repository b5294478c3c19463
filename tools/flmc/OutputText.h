//===----------------------------------------------------------------------===//
// Files that the compiler writes.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMC_OUTPUTTEXT_H
#define FLM_TOOLS_FLMC_OUTPUTTEXT_H

#include "tools/flmc/Options.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/LogicalResult.h"
#include "llvm/Support/raw_ostream.h"

namespace flmc {

/// Refuses an output that is the spec, or the runtime to link with.
llvm::LogicalResult checkOutput(llvm::StringRef path, const Options &options);

/// Writes to `path` ("-": the standard output) what `print` prints, whole or,
/// after an error, not at all.
llvm::LogicalResult
writeOutput(llvm::StringRef path, const Options &options,
            llvm::function_ref<void(llvm::raw_ostream &)> print);

/// What went wrong with writing to `os`, a full disk for one. Not asked for, an
/// error ends the process with a message that names no file.
std::error_code finish(llvm::raw_fd_ostream &os);

} // namespace flmc

#endif // FLM_TOOLS_FLMC_OUTPUTTEXT_H
