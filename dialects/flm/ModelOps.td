//===----------------------------------------------------------------------===//
// Ops of a model's forward pass.
//===----------------------------------------------------------------------===//
#ifndef FLM_MODEL_OPS_TD
#define FLM_MODEL_OPS_TD

include "dialects/flm/FlmBase.td"

def EmbeddingOp : FlmShardedOp<"embedding", "embed", [InfersType]> {
  let summary = "rows of a table, one per token";
  let description = [{
    `y[..., :] = table[tokens[...], :]`.

    ```mlir
    %embed = embedding %tokens, %table : [batch, seq] i32, [vocab, hidden]
    ```
  }];
  let arguments = (ins FlmTensor:$tokens, FlmReal:$table);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $tokens `,` $table `` custom<NamedAttrs>(attr-dict) `:`
    custom<EmbeddingTypes>(type($tokens), type($table), type($y))
  }];
  let extraClassDeclaration = comparesShapesOnly;
}

def LinearOp : FlmShardedOp<"linear", "y", [InfersType]> {
  let summary = "matrix product with a weight stored [out, in]";
  let description = [{
    `y[..., o] = sum_i x[..., i] * w[o, i]`. Only the types of `x` and `y` are
    written; the weight's is `[last dim of y, last dim of x]`.

    ```mlir
    %q = linear %n, %q_proj : [batch, seq, hidden] -> [batch, seq, heads * head_dim]
    ```
  }];
  let arguments = (ins FlmReal:$x, FlmReal:$w);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $x `,` $w `` custom<NamedAttrs>(attr-dict) `:`
    custom<LinearTypes>(type($x), type($w), type($y))
  }];
  let extraClassDeclaration = comparesShapesOnly;
}

def RmsNormOp : FlmShardedOp<"rms_norm", "norm", [SameShape<["x", "y"]>]> {
  let summary = "root-mean-square normalisation of the last dim, with a gain";
  let description = [{
    `y = x * rsqrt(mean(x^2) + eps) * g` (arXiv:1910.07467), computed in f32 or
    wider. The gain's type is the last dim of `x`.

    ```mlir
    %n = rms_norm %h, %input_layernorm eps 1.0e-5 : [batch, seq, hidden]
    ```
  }];
  let arguments = (ins FlmReal:$x, FlmReal:$g, F64Attr:$eps);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $x `,` $g `eps` custom<ShortFloat>($eps) `` custom<NamedAttrs>(attr-dict)
    `:` custom<NormTypes>(type($x), type($g), type($y))
  }];
  let hasVerifier = 1;
}

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

def SiluMulOp : FlmShardedOp<"silu_mul", "act", [SameShape<["gate", "up", "y"]>]> {
  let summary = "gated activation of SwiGLU";
  let description = [{
    `y = gate * sigmoid(gate) * up` (arXiv:2002.05202).

    ```mlir
    %act = silu_mul %gate, %up : [batch, seq, ffn]
    ```
  }];
  let arguments = (ins FlmReal:$gate, FlmReal:$up);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $gate `,` $up `` custom<NamedAttrs>(attr-dict) `:`
    custom<Alike>(type($gate), type($up), type($y))
  }];
}

def AddOp : FlmShardedOp<"add", "sum", [Commutative]> {
  let summary = "sum of any number of values, left to right";
  let description = [{
    N-ary, because the association order of a sum decides how many collectives
    it needs once its operands are partial.

    ```mlir
    %r = add %h, %o : [batch, seq, hidden]
    ```
  }];
  let arguments = (ins Variadic<FlmReal>:$values);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $values `` custom<NamedAttrs>(attr-dict) `:`
    custom<AddTypes>(ref($values), type($values), type($y))
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def ScaleOp : FlmShardedOp<"scale", "scaled", [SameShape<["x", "y"]>]> {
  let summary = "multiplication by a constant";
  let description = [{
    `y = x * factor / size(per)`. A mean is a sum scaled `per` the *global* dims
    it runs over, fixed before anything is sharded, so that no later pass has a
    reason to divide by a number of ranks.

    ```mlir
    %loss = scale %sum by 1.0 per batch=8 * seq=256 : [] f32
    ```
  }];
  let arguments = (ins FlmReal:$x, F64Attr:$factor, OptionalAttr<DimAttr>:$per);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $x `by` custom<ShortFloat>($factor) (`per` custom<Dim>($per)^)? ``
    custom<NamedAttrs>(attr-dict) `:` custom<Alike>(type($x), type($y))
  }];
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    /// The constant: factor / size(per).
    double multiplier();
  }];
}

def CrossEntropyOp : FlmShardedOp<"cross_entropy", "loss", [InfersType]> {
  let summary = "mean negative log-likelihood of the targets, in nats";
  let description = [{
    Mean over all leading dims of `logsumexp(logits) - logits[target]`. The last
    dim of the logits is the vocabulary; with `valid`, only its first `valid`
    entries are classes and the rest is padding that has no influence. A model's
    op: `train` replaces it by its primitives (`reduce_max`, `sum_exp`, `pick`,
    `nll`, `sum`, `scale`).

    ```mlir
    %loss = cross_entropy %logits, %targets valid vocab : [batch, seq, padded_vocab], [batch, seq] i32
    ```
  }];
  let arguments = (ins FlmReal:$logits, FlmTensor:$targets,
                       OptionalAttr<DimAttr>:$valid);
  let results = (outs FlmReal:$loss);
  let assemblyFormat = [{
    $logits `,` $targets (`valid` custom<Dim>($valid)^)? ``
    custom<NamedAttrs>(attr-dict) `:`
    custom<CrossEntropyTypes>(type($logits), type($targets), type($loss))
  }];
  let extraClassDeclaration = comparesShapesOnly;
  let hasVerifier = 1;
}

#endif // FLM_MODEL_OPS_TD
