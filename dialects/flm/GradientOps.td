//===----------------------------------------------------------------------===//
// Gradients of the model's ops. Each is an op of its own, not a composition,
// because each is one kernel with one sharding rule.
//===----------------------------------------------------------------------===//
#ifndef FLM_GRADIENT_OPS_TD
#define FLM_GRADIENT_OPS_TD

include "dialects/flm/FlmBase.td"

def EmbeddingGradOp : FlmShardedOp<"embedding_grad", "dtable"> {
  let summary = "gradient of an embedding with respect to its table";
  let description = [{
    `dtable[v, :] = sum of dy[t, :] over the t with tokens[t] = v`, in the order
    of t; added to `into` where that is given.

    ```mlir
    %dtable = embedding_grad %dy, %tokens : !bsh, !i32_bs -> !f32_vh
    ```
  }];
  let arguments = (ins FlmReal:$dy, FlmTensor:$tokens,
                       Optional<FlmReal>:$into);
  let results = (outs FlmReal:$dtable);
  let assemblyFormat = [{
    $dy `,` $tokens (`into` $into^)? `` custom<NamedAttrs>(attr-dict) `:`
    custom<Tensor>(type($dy)) `,` custom<Tensor>(type($tokens)) `->`
    custom<IntoTypes>(ref($into), type($dtable), type($into))
  }];
  let hasVerifier = 1;
}

def LinearGradXOp : FlmShardedOp<"linear_grad_x", "dx"> {
  let summary = "gradient of a linear with respect to its input";
  let description = [{
    `dx[..., i] = sum_o dy[..., o] * w[o, i]`.

    ```mlir
    %dx = linear_grad_x %dy, %w : !bsf, !fh -> !bsh
    ```
  }];
  let arguments = (ins FlmReal:$dy, FlmReal:$w);
  let results = (outs FlmReal:$dx);
  let assemblyFormat = [{
    $dy `,` $w `` custom<NamedAttrs>(attr-dict) `:` custom<Tensor>(type($dy))
    `,` custom<Tensor>(type($w)) `->` custom<Tensor>(type($dx))
  }];
  let hasVerifier = 1;
}

def LinearGradWOp : FlmShardedOp<"linear_grad_w", "dw"> {
  let summary = "gradient of a linear with respect to its weight";
  let description = [{
    `dw[o, i] = sum_... dy[..., o] * x[..., i]`, accumulated in f32 or wider,
    which is also the element type of the result; added to `into` where that is
    given.

    ```mlir
    %dw = linear_grad_w %dy, %x : !bsf, !bsh -> !f32_fh
    %sum = linear_grad_w %dy, %x into %acc : !bsf, !bsh -> !f32_fh
    ```
  }];
  let arguments = (ins FlmReal:$dy, FlmReal:$x, Optional<FlmReal>:$into);
  let results = (outs FlmReal:$dw);
  let assemblyFormat = [{
    $dy `,` $x (`into` $into^)? `` custom<NamedAttrs>(attr-dict) `:`
    custom<Tensor>(type($dy)) `,` custom<Tensor>(type($x)) `->`
    custom<IntoTypes>(ref($into), type($dw), type($into))
  }];
  let hasVerifier = 1;
}

def RmsNormGradXOp : FlmShardedOp<"rms_norm_grad_x", "dx",
    [SameShape<["dy", "x", "dx"]>]> {
  let summary = "gradient of rms_norm with respect to its input";
  let description = [{
    With `r = rsqrt(mean(x^2) + eps)`:
    `dx = r * (g * dy - x * r^2 * mean(g * dy * x))`.

    ```mlir
    %dx = rms_norm_grad_x %dy, %x, %g eps 1.0e-5 : !bsh
    ```
  }];
  let arguments = (ins FlmReal:$dy, FlmReal:$x, FlmReal:$g, F64Attr:$eps);
  let results = (outs FlmReal:$dx);
  let assemblyFormat = [{
    $dy `,` $x `,` $g `eps` custom<ShortFloat>($eps) ``
    custom<NamedAttrs>(attr-dict) `:`
    custom<NormGradTypes>(type($dy), type($x), type($g), type($dx))
  }];
  let hasVerifier = 1;
}

def RmsNormGradGOp : FlmShardedOp<"rms_norm_grad_g", "dg",
    [SameShape<["dy", "x"]>]> {
  let summary = "gradient of rms_norm with respect to its gain";
  let description = [{
    `dg[i] = sum_... dy[..., i] * x[..., i] * r[...]` with
    `r = rsqrt(mean(x^2) + eps)`.

    ```mlir
    %dg = rms_norm_grad_g %dy, %x eps 1.0e-5 : !bsh -> !f32_h
    ```
  }];
  let arguments = (ins FlmReal:$dy, FlmReal:$x, F64Attr:$eps);
  let results = (outs FlmReal:$dg);
  let assemblyFormat = [{
    $dy `,` $x `eps` custom<ShortFloat>($eps) `` custom<NamedAttrs>(attr-dict)
    `:` custom<Alike>(type($dy), type($x)) `->` custom<Tensor>(type($dg))
  }];
  let hasVerifier = 1;
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

def SiluMulGradOp : FlmShardedOp<"silu_mul_grad", "dgate, dup",
    [SameShape<["dy", "gate", "up", "dgate", "dup"]>]> {
  let summary = "gradients of silu_mul";
  let description = [{
    With `s = sigmoid(gate)`: `dup = dy * gate * s`,
    `dgate = dy * up * s * (1 + gate * (1 - s))`.

    ```mlir
    %dgate, %dup = silu_mul_grad %dy, %gate, %up : !bsf
    ```
  }];
  let arguments = (ins FlmReal:$dy, FlmReal:$gate, FlmReal:$up);
  let results = (outs FlmReal:$dgate, FlmReal:$dup);
  let assemblyFormat = [{
    $dy `,` $gate `,` $up `` custom<NamedAttrs>(attr-dict) `:`
    custom<Alike>(type($dy), type($gate), type($up), type($dgate), type($dup))
  }];
}

#endif // FLM_GRADIENT_OPS_TD
