//===----------------------------------------------------------------------===//
// What a host function does for a collective.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_COMMUNICATION_H
#define FLM_CODEGEN_HOST_COMMUNICATION_H

#include "codegen/target/KernelLibrary.h"

namespace flm {

/// Writes the `communicate` of a collective, of the start of one, or of a wait,
/// with a copy before it where it works in place on a value that has to stay.
/// An error is located at the op.
mlir::LogicalResult writeCollective(CollectiveOp collective,
                                    KernelLibrary &kernels,
                                    KernelLibrary::Site site);
void writeWait(WaitOp wait, KernelLibrary::Site site);

} // namespace flm

#endif // FLM_CODEGEN_HOST_COMMUNICATION_H
