//===----------------------------------------------------------------------===//
// The JSON that tells the runtime about a program.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_MANIFEST_H
#define FLM_CODEGEN_HOST_MANIFEST_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace flm {

/// The manifest (runtime/abi/Manifest.md) of a module after `buffers`.
/// `workspaceBytes` is the most that a kernel needs per thread.
mlir::FailureOr<std::string> buildManifest(mlir::ModuleOp module,
                                           int64_t workspaceBytes);

} // namespace flm

#endif // FLM_CODEGEN_HOST_MANIFEST_H
