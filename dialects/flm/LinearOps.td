//===----------------------------------------------------------------------===//
// Products with a weight, and their gradients.
//===----------------------------------------------------------------------===//
#ifndef FLM_LINEAR_OPS_TD
#define FLM_LINEAR_OPS_TD

include "dialects/flm/FlmBase.td"

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

#endif // FLM_LINEAR_OPS_TD
