//===----------------------------------------------------------------------===//
// Attention.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_ATTENTIONATTRIBUTES_TD
#define FLM_DIALECTS_FLM_GPU_ATTENTIONATTRIBUTES_TD

include "dialects/flm_gpu/KernelInterface.td"

def AttentionForwardAttr : FlmGpuKernelAttr<"AttentionForward", "attention_forward"> {
  let summary = "softmax(scale * Q K^T) V for every head, and its log-sum-exp";
  let description = [{
    Q and the result are [batch, seq, heads, head_dim], K and V [batch, seq,
    kv_heads, head_dim], all bf16; query head h reads key head h / (heads /
    kv_heads), so heads must be a multiple of kv_heads; the caller checks that.
    `causal`: a query sees the keys up to its own position. The log-sum-exp of
    each row, which the backward pass needs, is f32 [batch, heads, seq]. The S x S
    matrix never exists (Dao, arXiv:2307.08691).

    Arguments: q, k, v, o, lse; batch, seq, heads, kv_heads.

    A block takes 128 queries of one head. On sm_90a it walks 128 keys at a time,
    `stages` of them in shared memory; on sm_80 64 at a time (32 where
    head_dim is 128), and `stages` tiles, of keys and of values in turn, are in
    shared memory.

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
    static constexpr int64_t keys = 128;    ///< per step on sm_90a
    /// Per step on sm_80: as many as a thread's registers hold scores for,
    /// beside its outputs.
    int64_t ampereKeys() const;
    int64_t sharedBytes() const;
  }];
}

def AttentionRowTermsAttr : FlmGpuKernelAttr<"AttentionRowTerms", "attention_row_terms"> {
  let summary = "what each row adds to the gradient of its scores";
  let description = [{
    The first kernel of the backward pass. `o` and its gradient `do` are [batch,
    seq, heads, head_dim], bf16; `lse` is f32 [batch, heads, seq], as the forward
    kernel writes it. For each row

      delta = sum over head_dim of do * o    (Dao, arXiv:2307.08691, algorithm 2)
      lse2  = lse * log2(e)

    both f32 [batch, heads, padded], where `padded` is seq rounded up to
    `padding` rows. The rows beyond seq have delta 0 and lse2 +infinity: their
    weights exp2(score - lse2) vanish, so the kernels that follow need no mask
    for them, and they may copy whole tiles of rows.

    Arguments: o, do, lse, delta, lse2; batch, seq, heads.

    ```mlir
    #flm_gpu.attention_row_terms<head_dim = 128>
    ```
  }];
  let parameters = (ins "int64_t":$head_dim);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The tile of rows that no kernel of the backward pass exceeds.
    static constexpr int64_t padding = 128;
    static constexpr int64_t threads = 256; ///< of a block
    /// Threads that share a row: 16 bytes each.
    int64_t threadsPerRow() const { return getHeadDim() / 8; }
    /// Of a block; they divide the padding.
    int64_t rows() const { return threads / threadsPerRow(); }
  }];
}

def AttentionGradient : FlmGpuEnum<"AttentionGradient",
                                   "which gradients a kernel computes", [
    I32EnumAttrCase<"KeysValues", 0, "keys_values">,
    I32EnumAttrCase<"Queries", 1, "queries">]>;

def AttentionBackwardAttr : FlmGpuKernelAttr<"AttentionBackward", "attention_backward"> {
  let summary = "the gradients of attention for its keys and values, or its queries";
  let description = [{
    Shapes and `causal` as in attention_forward; `do` is the gradient of its
    result, `delta` and `lse2` are what attention_row_terms wrote, f32 [batch,
    heads, padded]. With P = exp2(scale * log2(e) * Q K^T - lse2) and dS = P * (do
    V^T - delta), elementwise (Dao, arXiv:2307.08691, algorithm 2)

      keys_values   dk = scale * dS^T Q, dv = P^T do,
                    both summed over the query heads that share a key head
      queries       dq = scale * dS K

    P and dS are rounded to bf16 before the second products, sums are f32,
    gradients bf16. A block of `keys_values` owns keys and walks queries, one of
    `queries` the other way round: each gradient is written once, by the block
    that summed it in a fixed order. Results are bitwise the same on every run, without
    atomics and without an f32 copy of dq, for seven products of S x S instead of
    five.

    Arguments: q, k, v, do, delta, lse2, then dk, dv (`keys_values`) or dq
    (`queries`); batch, seq, heads, kv_heads.

    A block owns 128 rows (on sm_80 with a head_dim of 128: 64), with `stages`
    steps of the others in shared memory.

    ```mlir
    #flm_gpu.attention_backward<gradient = keys_values, head_dim = 128, causal = true, scale = 0.0883883461 : f32>
    ```
  }];
  let parameters = (ins DefaultValuedParameter<"::flm::gpu::Arch",
                                               "Arch::SM90a">:$arch,
                        EnumParameter<AttentionGradient>:$gradient,
                        "int64_t":$head_dim, "bool":$causal,
                        "::mlir::FloatAttr":$scale,
                        DefaultValuedParameter<"int64_t", "2">:$stages);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Keys or queries of a block.
    int64_t ownRows() const;
    /// Queries or keys per step: as many as a thread's registers hold scores
    /// for, beside its gradients.
    int64_t stepRows() const;
    int64_t sharedBytes() const;
  }];
}

def RopeAttr : FlmGpuKernelAttr<"Rope", "rope"> {
  let summary = "rotary position embedding";
  let description = [{
    Rotates the pairs (i, i + head_dim / 2) of each head of x[tokens, heads *
    head_dim] by the angle of the token's position, token mod seq
    (arXiv:2104.09864, with the pairing of Llama's checkpoints): y like x, both
    `type`. table[seq, head_dim] f32 holds for each position the head_dim / 2
    cosines, then the sines. `inverse` rotates back, which is also the gradient.

    ```mlir
    #flm_gpu.rope<type = bf16, head_dim = 128>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type, "int64_t":$head_dim,
                        DefaultValuedParameter<"bool", "false">:$inverse);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // FLM_DIALECTS_FLM_GPU_ATTENTIONATTRIBUTES_TD
