//===----------------------------------------------------------------------===//
// Flash attention for the CPU, forward and backward.
//
// For one (batch, head), with q, k, v of shape [seq, headDim] and
// scale = 1 / sqrt(headDim):
//
//   S = scale q k^T           (S_ij = -inf where key j may not be seen by i)
//   P = softmax(S)            row by row
//   out = P v
//   lse_i = log sum_j exp(S_ij)
//
// S and P are never kept: they exist as blocks of queries x keys in a scratch
// buffer that stays in the first-level cache. This is FlashAttention-2 (Dao,
// arXiv 2307.08691, algorithms 1 and 2) for a CPU: what is a warp's fragment
// there is a register tile here.
//
// Forward, per block of queries, over blocks of keys with running row maximum m
// and row sum l (the online softmax):
//
//   m' = max(m, rowmax S)     P = exp(S - m')       a = exp(m - m')
//   l  = a l + rowsum P       out = a out + P v     m = m'
//   at the end: out = out / l, lse = m + log l
//
// Backward, per block of keys, over blocks of queries, with the saved lse and
// delta_i = sum_d dOut_id out_id:
//
//   P  = exp(S - lse)         dP = dOut v^T         dS = P (dP - delta)
//   dV += P^T dOut            dK += scale dS^T q    dQ += scale dS k
//
// Both work in base 2: queries are multiplied by scale * log2(e) when they are
// packed, so exp(S - m) is 2^(s - m) with no further multiplication.
//
// Tasks: a forward task owns a range of queries of one (batch, head), a
// backward task owns one (batch, head). Every output element is summed by one
// task in one order, so results are the same bits for any number of threads.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_ATTENTION_H
#define FLM_CODEGEN_CPU_ATTENTION_H

#include "codegen/cpu/CpuKernel.h"

#include "mlir/IR/Builders.h"

namespace flm::cpu {

/// One attention of `batch` sequences of `seq` tokens with `heads` heads.
struct AttentionProblem {
  int64_t batch = 1;
  int64_t seq = 1;
  int64_t heads = 1;
  int64_t headDim = 1;
  bool causal = true; ///< query i sees keys 0 … i only; otherwise all keys
  /// Of every operand but `lse`: f32 or bf16. Sums are always f32.
  mlir::Type elementType;
};

/// Writes the forward kernel into the module at the builder's insertion point:
///
///   func.func private @symbol(%q, %k, %v: memref<batch x seq x heads*headDim>,
///       %out: the same, %lse: memref<batch x heads x seq x f32>,
///       %workspace: memref<?xi8>, %task: index)
///
/// Head h of token t is row t, columns h*headDim … of its sequence. `lse` is in
/// natural logarithm. A null function, after an error at `loc`, if the problem
/// is not supported.
CpuKernel buildAttentionForward(mlir::OpBuilder &builder, mlir::Location loc,
                                llvm::StringRef symbol,
                                const AttentionProblem &problem,
                                const CpuTarget &target);

/// Writes the backward kernel:
///
///   func.func private @symbol(%dOut, %q, %k, %v, %out, %lse, %dQ, %dK, %dV,
///       %workspace: memref<?xi8>, %task: index)
///
/// with the shapes of the forward kernel; dQ, dK and dV are overwritten. Errors
/// as above.
CpuKernel buildAttentionBackward(mlir::OpBuilder &builder, mlir::Location loc,
                                 llvm::StringRef symbol,
                                 const AttentionProblem &problem,
                                 const CpuTarget &target);

} // namespace flm::cpu

#endif // FLM_CODEGEN_CPU_ATTENTION_H
