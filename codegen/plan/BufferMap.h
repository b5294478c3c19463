//===----------------------------------------------------------------------===//
// Reads the buffers that the plan has written.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_PLAN_BUFFERMAP_H
#define FLM_CODEGEN_PLAN_BUFFERMAP_H

#include "dialects/flm/Flm.h"

namespace flm {

/// The name of the attribute that holds an op's buffers.
constexpr llvm::StringLiteral kBuffers = "flm.buffers";

/// How many loops are around `op` within its program.
unsigned loopDepth(mlir::Operation *op);

/// The bytes of `value`: of an op's result as written, of a program's argument
/// the caller's, of a carry those of its final, of a slice its slot of the
/// stack.
BufferAttr bufferOf(mlir::Value value);

/// Where `loop` stacks result number `stack` in one iteration.
BufferAttr slotBuffer(LoopOp loop, unsigned stack);

/// Entry `index` of the op's buffers; null if the plan has not run.
BufferAttr bufferAt(mlir::Operation *op, unsigned index);

} // namespace flm

#endif // FLM_CODEGEN_PLAN_BUFFERMAP_H
