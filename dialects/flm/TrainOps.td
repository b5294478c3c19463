//===----------------------------------------------------------------------===//
// Programs, their state, and the optimizer.
//===----------------------------------------------------------------------===//
#ifndef FLM_TRAIN_OPS_TD
#define FLM_TRAIN_OPS_TD

include "dialects/flm/FlmBase.td"

def ProgramOp : FlmOp<"program", [Symbol, IsolatedFromAbove, SingleBlock,
    DeclareOpInterfaceMethods<OpAsmOpInterface,
        ["getDefaultDialect", "getAsmBlockArgumentNames"]>]> {
  let summary = "one entry point of the training binary";
  let description = [{
    `@init`, `@train_step`, `@eval_step`, `@predict`. Arguments come from the
    runtime; state lives between calls and is read by `param` and `state` and
    written by `update`. All reads see the state as it was on entry.

    ```mlir
    flm.program @eval_step of @tiny(%tokens: !i32_bs, %targets: !i32_bs) {
      ...
      return %loss : [] f32
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$config);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block *body() { return &getBody().front(); }
  }];
}

def StateOp : FlmValueOp<"state", "state", [NoMemoryEffect]> {
  let summary = "optimizer state, read";
  let description = [{
    `exp_avg.` and `exp_avg_sq.` before a parameter's name are its AdamW moments
    (the names that PyTorch gives them).

    ```mlir
    %m = state "exp_avg.model.norm.weight" : !f32_h
    ```
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs FlmReal:$value);
  let assemblyFormat = [{
    $name `` custom<NamedAttrs>(attr-dict) `:` custom<Tensor>(type($value))
  }];
}

def UpdateOp : FlmOp<"update", [MemoryEffects<[MemWrite]>]> {
  let summary = "a parameter or optimizer state, written";
  let description = [{
    Takes effect when the program ends. At most once per name.

    ```mlir
    update "model.norm.weight" with %norm_next : !f32_h
    ```
  }];
  let arguments = (ins StrAttr:$name, FlmReal:$value);
  let assemblyFormat = [{
    $name `with` $value attr-dict `:` custom<Tensor>(type($value))
  }];
}

def TruncatedNormalOp : FlmShardedOp<"truncated_normal", "random"> {
  let summary = "a fresh parameter: normal, cut at three standard deviations";
  let description = [{
    Element i is a pure function of the run's seed, `key` and i (a counter-based
    generator), so that no layout changes it. `std` is the standard deviation
    after cutting.

    ```mlir
    %q_proj = truncated_normal key "model.layers.*.self_attn.q_proj.weight" std 4.242e-3 : !f32_l_nd_h
    ```
  }];
  let arguments = (ins StrAttr:$key, F64Attr:$std);
  let results = (outs FlmReal:$value);
  let assemblyFormat = [{
    `key` $key `std` custom<ShortFloat>($std) `` custom<NamedAttrs>(attr-dict)
    `:` custom<Tensor>(type($value))
  }];
}

def SumSquaresOp : FlmShardedOp<"sum_squares", "sumsq"> {
  let summary = "sum of the squares of all elements";
  let description = [{
    Summed over a fixed chunk grid, so that the order does not depend on threads
    or ranks.

    ```mlir
    %ss = sum_squares %dw : !f32_fh -> [] f32
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

def ChunkSumsOp : FlmShardedOp<"chunk_sums", "chunk_sums"> {
  let summary = "sums of the squares of a tensor, chunk by chunk";
  let description = [{
    Chunk k is the elements [k * length, (k + 1) * length) of the flattened
    tensor. The result has a leading `layers` dim where the tensor has one, and
    a dim `chunk`. Chunks never straddle layers and are the grid of `split(*)`,
    so that neither pipeline stages nor ZeRO shards change a chunk's sum.

    Under a split of another dim, each rank cuts its part into as many (shorter)
    chunks; the result is partial. Which elements a chunk holds then depends on
    the split: only the total of all chunks means something.

    ```mlir
    %ss = chunk_sums %d_w by 4096 : !f32_lfh -> !f32_l_chunk
    ```
  }];
  let arguments = (ins FlmReal:$x, I64Attr:$length);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $x `by` custom<Integer>($length) `` custom<NamedAttrs>(attr-dict) `:`
    custom<Tensor>(type($x)) `->` custom<Tensor>(type($y))
  }];
  let hasVerifier = 1;
}

def ChunkTotalOp : FlmShardedOp<"chunk_total", "sumsq"> {
  let summary = "total of chunk sums, in the order of the chunks";
  let description = [{
    Like `sum`, but never in parts: all ranks add all chunks in one order.

    ```mlir
    %sumsq = chunk_total %ss : !f32_l_chunk -> [] f32
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

def FoldOp : FlmShardedOp<"fold", "folded"> {
  let summary = "sum over the leading dim, as a tree";
  let description = [{
    f(n) = f(h) + f(n - h) with h the largest power of two below n, in ascending
    order: the tree of the collectives, so that accumulators (`reduction_slots`
    of the recipe) on one rank and on many give the same bits.

    ```mlir
    %g = fold %slots : !f32_slot_fh -> !f32_fh
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

def MeanAbsOp : FlmShardedOp<"mean_abs", "mean_abs"> {
  let summary = "mean absolute value of all elements";
  let description = [{
    What a coordinate check of µP watches (arXiv:2203.03466, appendix D.1).

    ```mlir
    %l1 = mean_abs %h : !bsh -> [] f32
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

def ClipOp : FlmShardedOp<"clip", "grad_norm, clip_coef",
    [SameShape<["sumsq", "norm", "coef"]>]> {
  let summary = "global gradient norm and the factor that clips it";
  let description = [{
    `norm = sqrt(sumsq)`, `coef = min(1, clip / (norm + 1e-6))`, 1 where `clip`
    is 0 (torch.nn.utils.clip_grad_norm_). `hyper` is the vector of Hyper.def.

    ```mlir
    %norm, %coef = clip %sumsq, %hyper : [] f32, !f32_hyper
    ```
  }];
  let arguments = (ins FlmReal:$sumsq, FlmReal:$hyper);
  let results = (outs FlmReal:$norm, FlmReal:$coef);
  let assemblyFormat = [{
    $sumsq `,` $hyper `` custom<NamedAttrs>(attr-dict) `:`
    custom<Alike>(type($sumsq), type($norm), type($coef)) `,`
    custom<Tensor>(type($hyper))
  }];
}

def AdamWOp : FlmShardedOp<"adamw", "p_next, m_next, v_next",
    [SameShape<["param", "m", "v", "grad", "param_next", "m_next", "v_next"]>]> {
  let summary = "one AdamW update of one parameter";
  let description = [{
    With `g = coef * grad`: `m' = b1 m + (1 - b1) g`,
    `v' = b2 v + (1 - b2) g^2`, `p' = p (1 - lr lr_mult wd wd_mult) - lr lr_mult
    (m' / bias1) / (sqrt(v' / bias2) + eps eps_mult)` (arXiv:1711.05101, in the
    order of PyTorch's AdamW). The scalars are `hyper`, the vector of Hyper.def;
    the multipliers come from µP.

    ```mlir
    %p1, %m1, %v1 = adamw %p, %m, %v, %dp, %coef, %hyper lr 16.0 wd 1.0 eps 1.0 : !f32_fh, [] f32, !f32_hyper
    ```
  }];
  let arguments = (ins FlmReal:$param, FlmReal:$m, FlmReal:$v,
      FlmReal:$grad, FlmReal:$coef, FlmReal:$hyper,
      F64Attr:$lr, F64Attr:$wd, F64Attr:$eps);
  let results = (outs FlmReal:$param_next, FlmReal:$m_next,
                      FlmReal:$v_next);
  let assemblyFormat = [{
    $param `,` $m `,` $v `,` $grad `,` $coef `,` $hyper
    `lr` custom<ShortFloat>($lr) `wd` custom<ShortFloat>($wd)
    `eps` custom<ShortFloat>($eps) `` custom<NamedAttrs>(attr-dict) `:`
    custom<Alike>(type($param), type($m), type($v), type($grad),
                  type($param_next), type($m_next), type($v_next)) `,`
    custom<Tensor>(type($coef)) `,` custom<Tensor>(type($hyper))
  }];
}

#endif // FLM_TRAIN_OPS_TD
