//===----------------------------------------------------------------------===//
// Attention, the rotary embedding of its positions, and their gradients.
//===----------------------------------------------------------------------===//
#ifndef FLM_ATTENTION_OPS_TD
#define FLM_ATTENTION_OPS_TD

include "dialects/flm/FlmBase.td"

def RopeOp : FlmShardedOp<"rope", "rotated", [SameShape<["x", "y"]>]> {
  let summary = "rotary position embedding";
  let description = [{
    Rotates the pairs `(i, i + head_dim / 2)` of each head by
    `position * theta^(-2i / head_dim)` (arXiv:2104.09864, with the pairing of
    Llama's checkpoints). The last dim is `heads * head_dim`, the one before it
    the position. `inverse` rotates back, which is also the gradient.

    ```mlir
    %qr = rope %q theta 1.0e4 : [batch, seq, heads * head_dim]
    ```
  }];
  let arguments = (ins FlmReal:$x, F64Attr:$theta, UnitAttr:$inverse);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $x `theta` custom<ShortFloat>($theta) (`inverse` $inverse^)? ``
    custom<NamedAttrs>(attr-dict) `:` custom<Alike>(type($x), type($y))
  }];
  let hasVerifier = 1;
}

def AttentionOp : FlmShardedOp<"attention", "attn, lse"> {
  let summary = "multi-head attention";
  let description = [{
    `y = softmax(q k^T / sqrt(head_dim)) v` for each head; the last dim is
    `heads * head_dim`, the one before it the position. `causal` lets a position
    see itself and what is before it. The optional second result is the row-wise
    log-sum-exp of the scaled scores, `[batch, heads, seq]`, which the gradient
    reads.

    ```mlir
    %a = attention %qr, %kr, %v causal : [batch, seq, heads * head_dim]
    ```
  }];
  let arguments = (ins FlmReal:$q, FlmReal:$k, FlmReal:$v,
                       UnitAttr:$causal);
  let results = (outs FlmReal:$y, Optional<FlmReal>:$lse);
  let assemblyFormat = [{
    $q `,` $k `,` $v (`causal` $causal^)? `` custom<NamedAttrs>(attr-dict) `:`
    custom<AttentionTypes>(type($q), type($k), type($v), type($y), type($lse))
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The type of the log-sum-exp that belongs to queries of type `query`.
    static NamedTensorType lseType(NamedTensorType query);
  }];
}

def AttentionGradOp : FlmShardedOp<"attention_grad", "dq, dk, dv",
    [SameShape<["dy", "q", "y", "dq"]>, SameShape<["k", "v", "dk", "dv"]>]> {
  let summary = "gradients of attention with respect to q, k and v";
  let description = [{
    Recomputes the probabilities `p = exp(q k^T / sqrt(head_dim) - lse)`; then
    with `d = rowsum(dy * y)`: `dv = p^T dy`, `ds = p * (dy v^T - d)`,
    `dq = ds k / sqrt(head_dim)`, `dk = ds^T q / sqrt(head_dim)`
    (arXiv:2307.08691, algorithm 2).

    ```mlir
    %dq, %dk, %dv = attention_grad %dy, %q, %k, %v, %y, %lse causal : !bs_nd, !f32_bns
    ```
  }];
  let arguments = (ins FlmReal:$dy, FlmReal:$q, FlmReal:$k, FlmReal:$v,
      FlmReal:$y, FlmReal:$lse, UnitAttr:$causal);
  let results = (outs FlmReal:$dq, FlmReal:$dk, FlmReal:$dv);
  let assemblyFormat = [{
    $dy `,` $q `,` $k `,` $v `,` $y `,` $lse (`causal` $causal^)? ``
    custom<NamedAttrs>(attr-dict) `:`
    custom<Alike>(type($dy), type($q), type($k), type($v), type($y), type($dq),
                  type($dk), type($dv)) `,` custom<Tensor>(type($lse))
  }];
  let hasVerifier = 1;
}

#endif // FLM_ATTENTION_OPS_TD
