//===----------------------------------------------------------------------===//
// Where the bytes of a buffer are when a host function runs.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_BUFFERADDRESS_H
#define FLM_CODEGEN_HOST_BUFFERADDRESS_H

#include "dialects/flm/Flm.h"

namespace flm {

/// The address of `buffer` (an !llvm.ptr) for `op`, which is in a host function
/// and whose loops are at `slots`: base of the arena + offset + sum of slot *
/// stride.
mlir::Value addressOf(mlir::OpBuilder &builder, mlir::Operation *op,
                      BufferAttr buffer, mlir::ValueRange slots);

/// Whether `op` stands in a host function (as flm-lower-programs makes them:
/// pointers to the arenas, to the program's arguments and to its results) that
/// has these buffers, with one of `slots` per stride.
mlir::LogicalResult checkAddresses(mlir::Operation *op,
                                   llvm::ArrayRef<BufferAttr> buffers,
                                   mlir::ValueRange slots);

} // namespace flm

#endif // FLM_CODEGEN_HOST_BUFFERADDRESS_H
