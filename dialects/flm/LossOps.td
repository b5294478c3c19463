//===----------------------------------------------------------------------===//
// The primitives of cross-entropy. They stay apart until `fuse` because a split
// vocabulary needs a collective between them.
//===----------------------------------------------------------------------===//
#ifndef FLM_LOSS_OPS_TD
#define FLM_LOSS_OPS_TD

include "dialects/flm/FlmBase.td"

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

def ReduceMaxOp : FlmShardedOp<"reduce_max", "max"> {
  let summary = "maximum over the last dim";
  let description = [{
    `m[...] = max_v logits[..., v]` over the first `valid` entries (all without).

    ```mlir
    %m = reduce_max %logits valid vocab=80000 : !bs_padded_vocab -> !f32_bs
    ```
  }];
  let arguments = (ins FlmReal:$logits, OptionalAttr<DimAttr>:$valid);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $logits (`valid` custom<Dim>($valid)^)? `` custom<NamedAttrs>(attr-dict) `:`
    custom<Tensor>(type($logits)) `->` custom<Tensor>(type($y))
  }];
  let hasVerifier = 1;
}

def SumExpOp : FlmShardedOp<"sum_exp", "sum_exp", [SameShape<["max", "y"]>]> {
  let summary = "sum over the last dim of exp(logits - max)";
  let description = [{
    `s[...] = sum_v exp(logits[..., v] - m[...])` over the first `valid` entries.

    ```mlir
    %s = sum_exp %logits, %m valid vocab=80000 : !bs_padded_vocab, !f32_bs
    ```
  }];
  let arguments = (ins FlmReal:$logits, FlmReal:$max,
                       OptionalAttr<DimAttr>:$valid);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $logits `,` $max (`valid` custom<Dim>($valid)^)? ``
    custom<NamedAttrs>(attr-dict) `:` custom<Tensor>(type($logits)) `,`
    custom<Alike>(type($max), type($y))
  }];
  let hasVerifier = 1;
}

def PickOp : FlmShardedOp<"pick", "picked"> {
  let summary = "the logit of the target";
  let description = [{
    `p[...] = logits[..., targets[...]]`.

    ```mlir
    %p = pick %logits, %targets : !bs_v, !i32_bs -> !f32_bs
    ```
  }];
  let arguments = (ins FlmReal:$logits, FlmTensor:$targets);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $logits `,` $targets `` custom<NamedAttrs>(attr-dict) `:`
    custom<Tensor>(type($logits)) `,` custom<Tensor>(type($targets)) `->`
    custom<Tensor>(type($y))
  }];
  let hasVerifier = 1;
}

def NllOp : FlmShardedOp<"nll", "nll",
    [SameShape<["sum_exp", "max", "picked", "y"]>]> {
  let summary = "negative log-likelihood from max, sum of exponentials and picked logit";
  let description = [{
    `nll = log(sum_exp) + max - picked`, in nats.

    ```mlir
    %nll = nll %s, %m, %p : !f32_bs
    ```
  }];
  let arguments = (ins FlmReal:$sum_exp, FlmReal:$max, FlmReal:$picked);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $sum_exp `,` $max `,` $picked `` custom<NamedAttrs>(attr-dict) `:`
    custom<Alike>(type($sum_exp), type($max), type($picked), type($y))
  }];
}

def SumOp : FlmShardedOp<"sum", "total"> {
  let summary = "sum of all elements";
  let description = [{
    ```mlir
    %total = sum %nll : !f32_bs -> [] f32
    ```
  }];
  let arguments = (ins FlmReal:$x);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $x `` custom<NamedAttrs>(attr-dict) `:` custom<Tensor>(type($x)) `->`
    custom<Tensor>(type($y))
  }];
  let hasVerifier = 1;
}

def CrossEntropyGradOp : FlmShardedOp<"cross_entropy_grad", "dlogits",
    [SameShape<["logits", "dlogits"]>, SameShape<["max", "sum_exp"]>]> {
  let summary = "gradient of a mean cross-entropy with respect to the logits";
  let description = [{
    `dlogits = (exp(logits - max) / sum_exp - onehot(targets)) * seed`, zero in
    the padding beyond `valid`. `seed` is a scalar: the gradient of one token's
    negative log-likelihood.

    ```mlir
    %dlogits = cross_entropy_grad %logits, %m, %s, %targets, %seed valid vocab=80000 : !bs_v, !f32_bs, !i32_bs, [] f32
    ```
  }];
  let arguments = (ins FlmReal:$logits, FlmReal:$max, FlmReal:$sum_exp,
      FlmTensor:$targets, FlmReal:$seed, OptionalAttr<DimAttr>:$valid);
  let results = (outs FlmReal:$dlogits);
  let assemblyFormat = [{
    $logits `,` $max `,` $sum_exp `,` $targets `,` $seed
    (`valid` custom<Dim>($valid)^)? `` custom<NamedAttrs>(attr-dict) `:`
    custom<Alike>(type($logits), type($dlogits)) `,`
    custom<Alike>(type($max), type($sum_exp)) `,`
    custom<Tensor>(type($targets)) `,` custom<Tensor>(type($seed))
  }];
  let hasVerifier = 1;
}

#endif // FLM_LOSS_OPS_TD
