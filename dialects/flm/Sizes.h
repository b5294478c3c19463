//===----------------------------------------------------------------------===//
// Sizes of a model's dims: what a config gives and what follows from it.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_SIZES_H
#define FLM_DIALECTS_FLM_SIZES_H

#include "dialects/flm/Flm.h"

#include "llvm/ADT/MapVector.h"

namespace flm {

/// The dim that a recipe binds (its `micro_batch`), and the leading dim that
/// the compiler adds for its `micro_batches`.
constexpr llvm::StringLiteral kBatchDim = "batch";
constexpr llvm::StringLiteral kMicroDim = "micro";
/// Leading dim of accumulators that are folded at the end (`reduction_slots`),
/// the chunks of `chunk_sums`, and the one dim of a flattened local tensor.
constexpr llvm::StringLiteral kSlotDim = "slot";
constexpr llvm::StringLiteral kChunkDim = "chunk";
constexpr llvm::StringLiteral kFlatDim = "flat";
/// All of them: names that no model may declare.
constexpr llvm::StringLiteral kCompilerDims[] = {kMicroDim, kSlotDim, kChunkDim,
                                                 kFlatDim};

using Sizes = llvm::MapVector<llvm::StringRef, int64_t>;

/// What `config` gives, as written. Errors (unknown dim, not a positive
/// integer) are located at the config.
mlir::FailureOr<Sizes> givenSizes(ModelOp model, ConfigOp config);

/// Adds the derived dims of `model` to `sizes`, except those given. Errors: a
/// quotient that does not divide (with the next sizes that do), a free dim
/// without a value (unless its name is in `later`).
mlir::LogicalResult
deriveSizes(ModelOp model, Sizes &sizes, llvm::ArrayRef<llvm::StringRef> later,
            llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

} // namespace flm

#endif // FLM_DIALECTS_FLM_SIZES_H
