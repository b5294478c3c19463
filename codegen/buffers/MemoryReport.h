//===----------------------------------------------------------------------===//
// What takes the memory of a rank, for people.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_MEMORYREPORT_H
#define FLM_CODEGEN_BUFFERS_MEMORYREPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace flm {

/// Prints how the bytes of the two arenas of one rank are used, for a module
/// after `buffers`: in `state` the parameters, the optimizer's state and
/// tables; in `scratch` the gradients of @train_step (from the accumulators to
/// what the optimizer reads) and everything else. Bytes that several values
/// share at different times count once, for the gradients if they are among
/// them.
void printMemoryReport(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_MEMORYREPORT_H
