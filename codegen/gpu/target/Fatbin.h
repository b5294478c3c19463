//===----------------------------------------------------------------------===//
// Kernels as a file that every suitable driver can load: machine code for the
// GPUs that we know, and PTX, which drivers assemble themselves, for others.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_TARGET_FATBIN_H
#define FLM_CODEGEN_GPU_TARGET_FATBIN_H

#include "dialects/flm_gpu/FlmGpu.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace flm::gpu {

/// A fatbin (`cuModuleLoadData` takes it) of kernels that were emitted as `ptx`
/// for `arch`, made by ptxas and fatbinary:
///
///   sm_80    cubins for 8.0 and 9.0, and the PTX, which later GPUs run too
///   sm_90a   a cubin for 9.0, and the PTX, for a driver that is older than the
///            toolkit: code for an arch with an "a" runs on exactly that one
///
/// The error holds the message of the program that failed, or says which is
/// missing.
llvm::Expected<std::string> buildFatbin(llvm::StringRef ptx, Arch arch);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_TARGET_FATBIN_H
