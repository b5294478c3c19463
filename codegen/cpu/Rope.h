//===----------------------------------------------------------------------===//
// The kernel of rotary position embedding, in Llama's convention: element i of
// a head is paired with element i + headDim/2.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_ROPE_H
#define FLM_CODEGEN_CPU_ROPE_H

#include "codegen/cpu/CpuKernel.h"

namespace flm::cpu {

struct RopeProblem {
  int64_t batch, seq, heads;
  int64_t headDim;        ///< even
  bool inverse;           ///< rotate backwards: the gradient of the rotation
  mlir::Type elementType; ///< of x and y: f32 or bf16
};

/// (x[batch, seq, heads*headDim], table[seq, headDim] f32) -> y like x.
/// The table holds headDim/2 cosines, then headDim/2 sines of each position.
/// y may be x's buffer.
CpuKernel buildRope(mlir::OpBuilder &builder, mlir::Location loc,
                    llvm::StringRef symbol, const RopeProblem &problem,
                    const CpuTarget &target);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ROPE_H
