//===----------------------------------------------------------------------===//
// What is left behind when the compiler crashes.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMC_CRASHREPORT_H
#define FLM_TOOLS_FLMC_CRASHREPORT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace flmc {

/// From now on, a crash (a fatal signal, a failed assertion) writes
/// `flmc-crash-PID.mlir` into the current folder, or where that can not be
/// written into the one for temporary files, and says so: the spec, with the
/// stage and the command line that reproduces the crash as comments above it.
/// `input` is the argument that names the spec, `spec` its text; both must live
/// as long as the process. To be called after llvm::InitLLVM, so that the stack
/// trace comes first.
void reportCrashes(llvm::ArrayRef<const char *> arguments,
                   llvm::StringRef input, llvm::StringRef spec);

/// The stage that is about to run, a string that lives as long as the process.
void setCrashStage(const char *stage);

} // namespace flmc

#endif // FLM_TOOLS_FLMC_CRASHREPORT_H
