//===----------------------------------------------------------------------===//
// Ops that treat each element alike, and their gradients.
//===----------------------------------------------------------------------===//
#ifndef FLM_ELEMENTWISE_OPS_TD
#define FLM_ELEMENTWISE_OPS_TD

include "dialects/flm/FlmBase.td"

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

def FillOp : FlmShardedOp<"fill", "filled"> {
  let summary = "a constant in every element";
  let description = [{
    ```mlir
    %zero = fill 0.0 : !f32_lh
    ```
  }];
  let arguments = (ins F64Attr:$value);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    custom<ShortFloat>($value) `` custom<NamedAttrs>(attr-dict) `:`
    custom<Tensor>(type($y))
  }];
}

def CastOp : FlmShardedOp<"cast", "cast"> {
  let summary = "conversion of the element type";
  let description = [{
    Rounds to nearest even when narrowing.

    ```mlir
    %w16 = cast %w : !f32_fh -> !fh
    ```
  }];
  let arguments = (ins FlmReal:$x);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $x `` custom<NamedAttrs>(attr-dict) `:` custom<Tensor>(type($x)) `->`
    custom<Tensor>(type($y))
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif // FLM_ELEMENTWISE_OPS_TD
