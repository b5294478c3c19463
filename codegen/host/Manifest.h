//===----------------------------------------------------------------------===//
// The JSON that tells the runtime about a program.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_MANIFEST_H
#define FLM_CODEGEN_HOST_MANIFEST_H

#include "codegen/target/KernelLibrary.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace flm {

/// The manifest (runtime/abi/Manifest.md) of a module after `buffers`.
/// `kernels` are those of its programs.
mlir::FailureOr<std::string> buildManifest(mlir::ModuleOp module,
                                           const KernelLibrary &kernels);

} // namespace flm

#endif // FLM_CODEGEN_HOST_MANIFEST_H
