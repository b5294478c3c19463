//===----------------------------------------------------------------------===//
// Normalisation of rows, and its gradients.
//===----------------------------------------------------------------------===//
#ifndef FLM_NORM_OPS_TD
#define FLM_NORM_OPS_TD

include "dialects/flm/FlmBase.td"

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

#endif // FLM_NORM_OPS_TD
