//===----------------------------------------------------------------------===//
// What kernels should compute, in plain loops over doubles.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLM_EMULATE_REFERENCES_H
#define FLM_TOOLS_FLM_EMULATE_REFERENCES_H

#include "tools/flm-emulate/Tensors.h"

#include <functional>

namespace flm::gpu {

/// The expected contents of one output, and how far each element may be off:
/// the rounding of the result and of a sum in any order.
struct Expected {
  std::string tensor;
  std::vector<double> values;
  std::vector<double> bounds;
};

/// The outputs of `kernel` for these arguments, before the kernel has run: none
/// where a kernel does not say what it computes (null). Fails for a kernel that
/// has no reference.
llvm::Expected<std::vector<Expected>>
computeReference(mlir::Attribute kernel, KernelArguments &arguments);

} // namespace flm::gpu

#endif // FLM_TOOLS_FLM_EMULATE_REFERENCES_H
