//===----------------------------------------------------------------------===//
// Attention.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_IR_ATTENTIONATTRIBUTES_TD
#define FLM_CODEGEN_GPU_IR_ATTENTIONATTRIBUTES_TD

include "codegen/gpu/ir/KernelInterface.td"

def AttentionForwardAttr : FlmGpuKernelAttr<"AttentionForward", "attention_forward"> {
  let summary = "softmax(scale * Q K^T) V for every head, and its log-sum-exp";
  let description = [{
    Q and the result are [batch, seq, heads, head_dim], K and V [batch, seq,
    kv_heads, head_dim], all bf16; query head h reads key head h / (heads /
    kv_heads). `causal`: a query sees the keys up to its own position. The
    log-sum-exp of each row, which the backward pass needs, is f32 [batch, heads,
    seq]. The S x S matrix never exists (Dao, arXiv:2307.08691).

    A block takes 128 queries of one head and walks 128 keys at a time, `stages`
    of them in shared memory (sm_90a).

    ```mlir
    #flm_gpu.attention_forward<head_dim = 128, causal = true, scale = 0.0883883461 : f32>
    ```
  }];
  let parameters = (ins DefaultValuedParameter<"::flm::gpu::Arch",
                                               "Arch::SM90a">:$arch,
                        "int64_t":$head_dim, "bool":$causal,
                        "::mlir::FloatAttr":$scale,
                        DefaultValuedParameter<"int64_t", "2">:$stages);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    static constexpr int64_t queries = 128; ///< per block
    static constexpr int64_t keys = 128;    ///< per step
    static constexpr int64_t consumers = 2; ///< warpgroups, 64 queries each
    static constexpr int64_t threads = 128 * (1 + consumers);
    /// Bytes of a tile of queries, keys or values.
    int64_t tileBytes() const { return keys * getHeadDim() * 2; }
    int64_t sharedBytes() const;
  }];
}

#endif // FLM_CODEGEN_GPU_IR_ATTENTIONATTRIBUTES_TD
