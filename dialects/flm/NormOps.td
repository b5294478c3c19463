//===----------------------------------------------------------------------===//
// Normalisation of rows, and its gradients.
//===----------------------------------------------------------------------===//
#ifndef FLM_NORM_OPS_TD
#define FLM_NORM_OPS_TD

include "dialects/flm/FlmBase.td"

def RmsNormOp : FlmShardedOp<"rms_norm", "norm", [SameShape<["x", "y"]>,
    CheapToRecompute, DeclareOpInterfaceMethods<ParameterUserOpInterface>]> {
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

def LayerNormOp : FlmShardedOp<"layer_norm", "norm", [SameShape<["x", "y"]>,
    CheapToRecompute, DeclareOpInterfaceMethods<ParameterUserOpInterface>]> {
  let summary = "normalisation of the last dim to mean 0 and variance 1, with a gain and a bias";
  let description = [{
    `y = (x - mean(x)) * rsqrt(var(x) + eps) * g + b` (arXiv:1607.06450), with
    `var(x) = mean((x - mean(x))^2)`, computed in f32 or wider. The gain's and
    the bias's type is the last dim of `x`.

    ```mlir
    %n = layer_norm %h, %gain, %bias eps 1.0e-5 : [batch, seq, hidden]
    ```
  }];
  let arguments = (ins FlmReal:$x, FlmReal:$g, FlmReal:$b, F64Attr:$eps);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $x `,` $g `,` $b `eps` custom<ShortFloat>($eps) ``
    custom<NamedAttrs>(attr-dict) `:`
    custom<BiasedNormTypes>(type($x), type($g), type($b), type($y))
  }];
  let hasVerifier = 1;
}

def LayerNormGradXOp : FlmShardedOp<"layer_norm_grad_x", "dx",
    [SameShape<["dy", "x", "dx"]>]> {
  let summary = "gradient of layer_norm with respect to its input";
  let description = [{
    With `r = rsqrt(var(x) + eps)` and `n = (x - mean(x)) * r`:
    `dx = r * (g * dy - mean(g * dy) - n * mean(g * dy * n))`.

    ```mlir
    %dx = layer_norm_grad_x %dy, %x, %g eps 1.0e-5 : !bsh
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

def LayerNormGradGOp : FlmShardedOp<"layer_norm_grad_g", "dg",
    [SameShape<["dy", "x"]>]> {
  let summary = "gradient of layer_norm with respect to its gain";
  let description = [{
    `dg[i] = sum_... dy[..., i] * n[..., i]` with
    `n = (x - mean(x)) * rsqrt(var(x) + eps)`.

    ```mlir
    %dg = layer_norm_grad_g %dy, %x eps 1.0e-5 : !bsh -> !f32_h
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

def LayerNormGradBOp : FlmShardedOp<"layer_norm_grad_b", "db"> {
  let summary = "gradient of layer_norm with respect to its bias";
  let description = [{
    `db[i] = sum_... dy[..., i]`.

    ```mlir
    %db = layer_norm_grad_b %dy : !bsh -> !f32_h
    ```
  }];
  let arguments = (ins FlmReal:$dy);
  let results = (outs FlmReal:$db);
  let assemblyFormat = [{
    $dy `` custom<NamedAttrs>(attr-dict) `:` custom<Tensor>(type($dy)) `->`
    custom<Tensor>(type($db))
  }];
  let hasVerifier = 1;
}

#endif // FLM_NORM_OPS_TD
