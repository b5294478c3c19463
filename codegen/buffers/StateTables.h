//===----------------------------------------------------------------------===//
// Tables of the state arena that the runtime fills once: cosines and sines of
// ropes, and where on the mesh this rank is.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_STATETABLES_H
#define FLM_CODEGEN_BUFFERS_STATETABLES_H

#include "dialects/flm/Flm.h"

#include "mlir/IR/BuiltinOps.h"

namespace flm {

/// The module's attribute that lists the tables. An entry has the fields that
/// runtime/abi/Manifest.md gives to an entry of `tables`.
constexpr llvm::StringLiteral kTables = "flm.tables";

/// Writes `flm.tables`: one table for each kind of rope in the programs, and
/// the coordinates if the plan has several ranks. They lie from `stateBytes`
/// on, which is moved behind them.
void placeStateTables(mlir::ModuleOp module, int64_t &stateBytes);

/// The table that `rope` reads; null if there is none.
BufferAttr ropeTable(RopeOp rope);

/// The i32 with this rank's index on mesh axis `axis`; null if there is none.
BufferAttr coordinateOf(mlir::Operation *op, llvm::StringRef axis);

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_STATETABLES_H
