//===----------------------------------------------------------------------===//
// Reads the buffers that the stage has written.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_BUFFERMAP_H
#define FLM_CODEGEN_BUFFERS_BUFFERMAP_H

#include "dialects/flm/Flm.h"

namespace flm {

/// The name of the attribute that holds an op's buffers.
constexpr llvm::StringLiteral kBuffers = "flm.buffers";

/// How many indices are around `op` within its program: one for each loop, and
/// three for a pipeline.
unsigned loopDepth(mlir::Operation *op);

/// The indices of a pipeline, outermost first: the micro-batch, the chunk, and
/// the slot in which what the forward pass saves is kept.
enum PipelineIndex : unsigned { kMicroIndex, kChunkIndex, kSlotIndex };
constexpr unsigned kPipelineIndices = 3;

/// The bytes of `value`: of an op's result as written, of a program's argument
/// the caller's, of a carry those of its final, of a slice its slot of the
/// stack.
BufferAttr bufferOf(mlir::Value value);

/// Where `pipeline` keeps saved value number `saved` of one pass. All slots of
/// it follow the buffers of the results.
BufferAttr savedBuffer(PipelineOp pipeline, unsigned saved);

/// Where `loop` stacks result number `stack` in one iteration.
BufferAttr slotBuffer(LoopOp loop, unsigned stack);

/// Entry `index` of the op's buffers; null if the stage has not run.
BufferAttr bufferAt(mlir::Operation *op, unsigned index);

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_BUFFERMAP_H
