//===----------------------------------------------------------------------===//
// Adding stacks and slices to loops.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_AUTODIFF_LOOPEDITING_H
#define FLM_PASSES_AUTODIFF_LOOPEDITING_H

#include "dialects/flm/Flm.h"

namespace flm {

/// Makes `loop` stack `values` of its body as further results, which are
/// returned in order. The loop is replaced: `loop` is the new one and the old
/// one is gone; its body, with the values in it, is the same.
llvm::SmallVector<mlir::Value> appendStacks(LoopOp &loop,
                                            mlir::ValueRange values);

/// Gives `loop` a result for every value that its body already stacks beyond
/// the loop's results; returns them, in order. The loop is replaced as in
/// appendStacks.
llvm::SmallVector<mlir::Value> addMissingStacks(LoopOp &loop);

/// Makes `loop` slice `stacks` as further operands; returns the body's new
/// arguments, in order. The loop is replaced as in appendStacks. An argument
/// has the name of its entry in `names` where that is not empty.
llvm::SmallVector<mlir::BlockArgument>
appendSlices(LoopOp &loop, mlir::ValueRange stacks,
             llvm::ArrayRef<llvm::StringRef> names);

} // namespace flm

#endif // FLM_PASSES_AUTODIFF_LOOPEDITING_H
