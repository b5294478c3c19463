//===----------------------------------------------------------------------===//
// Kernels that sum elements in one order for any number of tasks or ranks: a
// tensor to one number (sums over chunks of a fixed grid, folded in the order
// of the chunks), and slots of accumulators to one.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_REDUCTION_H
#define FLM_CODEGEN_CPU_REDUCTION_H

#include "codegen/cpu/CpuKernel.h"

namespace flm::cpu {

/// Elements of a chunk.
inline constexpr int64_t reductionChunk = 65536;

/// Chunks of a tensor with `count` elements.
inline int64_t reductionChunks(int64_t count) {
  return (count + reductionChunk - 1) / reductionChunk;
}

/// What is summed.
enum class Summand { Element, Square, Magnitude };

struct ReductionProblem {
  int64_t count;
  Summand summand;
  mlir::Type elementType; ///< f32 or bf16
};

/// (x[count]) -> partials[reductionChunks(count)] f32, one task per chunk.
/// `partials` may be a part of a longer buffer that one fold covers: so the
/// square norm of all gradients is one fold over the chunks of all of them.
CpuKernel buildChunkSums(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::StringRef symbol,
                         const ReductionProblem &problem,
                         const CpuTarget &target);

/// (partials[chunks] f32) -> sum[1] f32 = factor * sum in order, computed in
/// f64.
CpuKernel buildFoldChunkSums(mlir::OpBuilder &builder, mlir::Location loc,
                             llvm::StringRef symbol, int64_t chunks,
                             double factor, const CpuTarget &target);

/// (x[chunks, length]) -> sums[chunks] f32: the sum of the squares of each
/// chunk, formed in f64. A chunk's bits depend on its elements alone.
CpuKernel buildChunkSquares(mlir::OpBuilder &builder, mlir::Location loc,
                            llvm::StringRef symbol, int64_t chunks,
                            int64_t length, mlir::Type elementType,
                            const CpuTarget &target);

/// (x[slots, count]) -> y[count], of one element type: the sum over the slots
/// as the tree of flm::abi::foldHead, in f32.
CpuKernel buildFoldSlots(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::StringRef symbol, int64_t slots, int64_t count,
                         mlir::Type elementType, const CpuTarget &target);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_REDUCTION_H
